import type { JobDetail } from '@backstay/shared';
import { Progress as Bar, ProgressMeasureLocation } from '@patternfly/react-core';
import { formatBytes, formatDuration } from '../../lib/format.ts';

/** Bytes, speed and time left while a job runs. */
export function Progress({ job }: { job: JobDetail }) {
  const { progress } = job;
  if (job.state !== 'running' || progress === undefined) return null;
  const { bytes, totalBytes, bytesPerSecond } = progress;
  const rate = bytesPerSecond === undefined || bytesPerSecond === 0 ? undefined : `${formatBytes(bytesPerSecond)}/s`;
  if (totalBytes === undefined) {
    return (
      <p className="bs-progress" role="status">
        {[`${formatBytes(bytes)} so far`, rate].filter(Boolean).join(', ')}
      </p>
    );
  }
  const left =
    bytesPerSecond === undefined || bytesPerSecond === 0
      ? undefined
      : `about ${formatDuration(Math.max(0, totalBytes - bytes) / bytesPerSecond)} left`;
  const words = [`${formatBytes(bytes)} of ${formatBytes(totalBytes)}`, rate, left].filter(Boolean).join(', ');
  return (
    <div className="bs-progress">
      <Bar
        value={totalBytes === 0 ? 0 : Math.min(100, (bytes / totalBytes) * 100)}
        measureLocation={ProgressMeasureLocation.none}
        aria-label="Progress"
        valueText={words}
      />
      <span>{words}</span>
    </div>
  );
}
