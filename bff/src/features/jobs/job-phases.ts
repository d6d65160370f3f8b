import type { ContainerStatus, Job, JobDetail, JobState, Pod } from '@backstay/shared';
import { finishedAt, isoInstant, isTerminal, operationOf } from '../../kubernetes/job-state.ts';

type Phase = JobDetail['phases'][number];

interface Step {
  name: string;
  /** When it began; absent while it has not. */
  began?: string;
}

/** The time line of a job: requested, prepared, at work, over. */
export function jobPhases(job: Job, pods: readonly Pod[], state: JobState): Phase[] {
  const pod = pods.at(-1);
  const finished = isoInstant(finishedAt(job));
  const steps: Step[] = [
    { name: 'Requested', began: job.metadata.creationTimestamp },
    { name: 'Preparing', began: pod?.status?.startTime ?? pod?.metadata.creationTimestamp ?? job.status?.startTime },
    {
      name: operationOf(job) === 'restore' ? 'Restoring' : 'Backing up',
      began: startOf(pod?.status?.containerStatuses),
    },
  ];
  const active = steps.findLastIndex((step) => step.began !== undefined);
  // With its Pod gone nobody knows how far a job came: nothing is claimed about it.
  const known = pod === undefined && isTerminal(state) ? steps.slice(0, active + 1) : steps;
  const phases = known.map((step, index): Phase => {
    const at = isoInstant(step.began);
    return { name: step.name, state: phaseState(index - active, state), ...(at !== undefined && { at }) };
  });
  return [...phases, verdict(state, finished)];
}

function phaseState(distance: number, state: JobState): Phase['state'] {
  if (distance < 0) return 'done';
  if (distance > 0) return 'waiting';
  if (!isTerminal(state)) return 'active';
  return state === 'succeeded' ? 'done' : 'failed';
}

function verdict(state: JobState, finished: string | undefined): Phase {
  if (!isTerminal(state)) return { name: 'Finished', state: 'waiting' };
  const name = { succeeded: 'Succeeded', cancelled: 'Cancelled' }[state as 'succeeded' | 'cancelled'] ?? 'Failed';
  return { name, state: state === 'succeeded' ? 'done' : 'failed', ...(finished !== undefined && { at: finished }) };
}

function startOf(statuses: ContainerStatus[] | undefined): string | undefined {
  const state = statuses?.[0]?.state;
  return state?.running?.startedAt ?? state?.terminated?.startedAt;
}
