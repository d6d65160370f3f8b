import type { Event, Job, JobDetail, JobLogSummary, Pod, RequestedBackupAction } from '@backstay/shared';
import { eventItem } from '../../kubernetes/events-of.ts';
import { manifestOf } from '../../kubernetes/manifest.ts';
import { explainFailure, failureInWords } from './explain-failure.ts';
import { jobPhases } from './job-phases.ts';
import { jobSummary } from './job-summary.ts';

export interface DetailParts {
  job: Job;
  pods: readonly Pod[];
  action?: RequestedBackupAction;
  events: readonly Event[];
  /** What the log said so far. */
  log: JobLogSummary;
  lastLines: readonly string[];
}

export function buildJobDetail(parts: DetailParts): JobDetail {
  const { job, pods, action, log } = parts;
  const summary = jobSummary({ job, pods, action });
  const failure = summary.state === 'failed' ? explainFailure(parts) : undefined;
  const version = log.uploaded?.version ?? summary.version;
  const progress = progressOf(log);
  return {
    ...summary,
    ...(version !== undefined && { version }),
    ...(log.uploaded?.bytes !== undefined && { sizeBytes: log.uploaded.bytes }),
    ...(failure && { reason: failureInWords(failure), failure }),
    phases: jobPhases(job, pods, summary.state),
    ...(progress && { progress }),
    events: parts.events.map(eventItem),
    manifest: manifestOf(job),
  };
}

function progressOf({ progress }: JobLogSummary): JobDetail['progress'] {
  if (progress === undefined) return undefined;
  const { type: _type, ...figures } = progress;
  return figures;
}
