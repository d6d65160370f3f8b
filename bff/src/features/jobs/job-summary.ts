import { annotations, type Job, type JobSummary, labels, type Pod, type RequestedBackupAction } from '@backstay/shared';
import { finishedAt, isoInstant, jobState, operationOf, scheduleOf } from '../../kubernetes/job-state.ts';
import { explainFailure, failureInWords } from './explain-failure.ts';

export interface SummaryParts {
  job: Job;
  pods: readonly Pod[];
  /** The action that asked for it, while it is in the cluster. */
  action?: RequestedBackupAction;
  /** What only the log tells; known once the job was archived. */
  recorded?: Partial<Pick<JobSummary, 'version' | 'sizeBytes' | 'reason'>>;
}

export function jobSummary({ job, pods, action, recorded }: SummaryParts): JobSummary {
  const state = jobState(job, pods);
  const requestedBy =
    job.metadata.annotations?.[annotations.requestedBy] ?? action?.metadata.annotations?.[annotations.requestedBy];
  const version = recorded?.version ?? restoredVersion(job, action);
  return {
    id: job.metadata.uid ?? '',
    namespace: job.metadata.namespace ?? '',
    name: job.metadata.name,
    operation: operationOf(job),
    schedule: scheduleOf(job),
    ...optional('action', job.metadata.labels?.[labels.action]),
    state,
    ...optional('reason', reasonOf(state, { job, pods, recorded })),
    createdAt: isoInstant(job.metadata.creationTimestamp) ?? new Date(0).toISOString(),
    ...optional('startedAt', isoInstant(job.status?.startTime)),
    ...optional('finishedAt', isoInstant(finishedAt(job))),
    ...optional('version', version),
    ...optional('sizeBytes', recorded?.sizeBytes),
    ...optional('requestedBy', requestedBy),
    archived: false,
  };
}

const optional = <Key extends string, Value>(key: Key, value: Value | undefined): { [name in Key]?: Value } =>
  value === undefined ? {} : ({ [key]: value } as { [name in Key]: Value });

function reasonOf(state: JobSummary['state'], { job, pods, recorded }: SummaryParts): string | undefined {
  if (state === 'cancelled') {
    return `Cancelled by ${job.metadata.annotations?.[annotations.cancelledBy] || 'somebody'}.`;
  }
  if (state !== 'failed') return undefined;
  return recorded?.reason ?? failureInWords(explainFailure({ job, pods, events: [], log: {}, lastLines: [] }));
}

function restoredVersion(job: Job, action: RequestedBackupAction | undefined): number | undefined {
  if (operationOf(job) !== 'restore') return undefined;
  const number = Number((action?.spec.targetVersion ?? '').replace(/^v/, ''));
  return Number.isInteger(number) && number > 0 ? number : undefined;
}
