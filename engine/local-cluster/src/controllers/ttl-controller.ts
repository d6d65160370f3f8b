import type { Job } from '@backstay/shared';
import type { ControllerContext } from './controller-context.ts';
import { endingOf } from './job-rules.ts';
import { createReconciler } from './reconciler.ts';
import { keyOf, placeOf, remove, resources, splitKey } from './resources.ts';
import { stopAll } from './stop-all.ts';

const endOfJob = (job: Job): number =>
  Date.parse(job.status?.completionTime ?? endingOf(job)?.lastTransitionTime ?? '');

/** Deletes ended Jobs after spec.ttlSecondsAfterFinished. Returns what stops it. */
export const startTtlController = (context: ControllerContext): (() => void) => {
  const { registry, clock } = context;
  const reconcile = (key: string): number | undefined => {
    const { namespace, name } = splitKey(key);
    const job = registry.get(resources.jobs, namespace, name) as Job | undefined;
    const ttl = job?.spec.ttlSecondsAfterFinished;
    if (job === undefined || ttl === undefined || job.metadata.deletionTimestamp || endingOf(job) === undefined) {
      return undefined;
    }
    const left = endOfJob(job) + ttl * 1000 - clock.now().getTime();
    if (left > 0) {
      return left;
    }
    remove(registry, resources.jobs, { place: placeOf(job), propagationPolicy: 'Foreground' });
    return undefined;
  };
  const jobs = createReconciler({ ...context, name: 'ttl-after-finished', reconcile });
  const stop = registry.subscribe(resources.jobs, ({ object }) => jobs.enqueue(keyOf(object)));
  for (const job of registry.list(resources.jobs).items) {
    jobs.enqueue(keyOf(job));
  }
  return stopAll([stop, jobs.stop]);
};
