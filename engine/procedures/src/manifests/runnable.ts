import type { CronJob, Job, JobSpec, KubeObject, ObjectMeta, PodTemplateSpec } from '@backstay/shared';
import { type Layout, runAnnotations } from './layout.ts';
import type { Runnable } from './manifest-input.ts';
import { cronJobNameLength, fitName } from './names.ts';
import { podSpec } from './pod-spec.ts';

const podTemplate = (layout: Layout): PodTemplateSpec => ({
  metadata: { labels: { ...layout.runLabels }, annotations: runAnnotations(layout) },
  spec: podSpec(layout),
});

const defined = (members: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));

/** The selector is left to Kubernetes: Jobs of one operation must never adopt each other's Pods. */
const jobSpec = (layout: Layout): JobSpec => {
  const { ttlSecondsAfterFinished, activeDeadlineSeconds } = layout.input.values;
  return {
    parallelism: 1,
    backoffLimit: 0,
    ...defined({ ttlSecondsAfterFinished, activeDeadlineSeconds }),
    template: podTemplate(layout),
  };
};

const metadata = (layout: Layout, name: string | undefined): ObjectMeta =>
  ({
    ...(name === undefined ? { generateName: `${layout.name}-` } : { name }),
    ...(layout.input.namespace === undefined ? {} : { namespace: layout.input.namespace }),
    labels: { ...layout.runLabels },
    annotations: runAnnotations(layout),
  }) as ObjectMeta;

const cronJob = (layout: Layout, runnable: Extract<Runnable, { kind: 'CronJob' }>): CronJob => {
  const { values } = layout.input;
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: metadata(layout, fitName(layout.name, cronJobNameLength)),
    spec: {
      schedule: values.schedule ?? runnable.schedule,
      ...defined({ timeZone: runnable.timeZone ?? values.timeZone, suspend: runnable.suspend ?? values.suspend }),
      concurrencyPolicy: values.concurrencyPolicy ?? 'Forbid',
      ...defined({
        startingDeadlineSeconds: values.startingDeadlineSeconds,
        successfulJobsHistoryLimit: values.successfulJobsHistoryLimit,
        failedJobsHistoryLimit: values.failedJobsHistoryLimit,
      }),
      jobTemplate: {
        metadata: { labels: { ...layout.runLabels }, annotations: runAnnotations(layout) },
        spec: jobSpec(layout),
      },
    },
  };
};

const job = (layout: Layout, name: string | undefined): Job => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: metadata(layout, name),
  spec: jobSpec(layout),
});

const pod = (layout: Layout, name: string | undefined): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: metadata(layout, name),
  spec: {
    ...podSpec(layout),
    ...defined({ activeDeadlineSeconds: layout.input.values.activeDeadlineSeconds }),
  },
});

export const runnableObject = (layout: Layout, runnable: Runnable): KubeObject => {
  if (runnable.kind === 'CronJob') return cronJob(layout, runnable);
  return runnable.kind === 'Job' ? job(layout, runnable.name) : pod(layout, runnable.name);
};
