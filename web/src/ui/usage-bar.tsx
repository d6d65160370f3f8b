import { Progress, ProgressMeasureLocation, ProgressVariant } from '@patternfly/react-core';
import { formatBytes } from '../lib/format.ts';

function variantOf(share: number): { variant?: ProgressVariant } {
  if (share >= 0.95) return { variant: ProgressVariant.danger };
  return share >= 0.8 ? { variant: ProgressVariant.warning } : {};
}

/** Used against allowed bytes. */
export function UsageBar({ used, limit, label }: { used: number; limit: number; label: string }) {
  const share = limit === 0 ? 0 : used / limit;
  return (
    <div className="bs-usage">
      <Progress
        value={Math.min(100, share * 100)}
        size="sm"
        measureLocation={ProgressMeasureLocation.none}
        aria-label={label}
        {...variantOf(share)}
      />
      <span className="bs-small">
        {formatBytes(used)} of {formatBytes(limit)} ({Math.round(share * 100)} %)
      </span>
    </div>
  );
}
