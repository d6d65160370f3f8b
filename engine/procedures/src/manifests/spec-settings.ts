import type { HelmValues, ScheduledBackup } from '@backstay/shared';

/** Lays what the fields of the spec say over what HelmValues in `vars` say; labels of both stay. */
export const withSpecSettings = (values: HelmValues, { job = {}, cronJob }: ScheduledBackup['spec']): HelmValues => {
  const { concurrencyPolicy, startingDeadlineSeconds, successfulJobsHistoryLimit, failedJobsHistoryLimit } = cronJob;
  const ofCronJob = {
    concurrencyPolicy,
    startingDeadlineSeconds,
    successfulJobsHistoryLimit,
    failedJobsHistoryLimit,
  };
  const given = Object.entries({ ...ofCronJob, ...job }).filter(([, value]) => value !== undefined);
  const labels = { ...values.labels, ...job.labels };
  return { ...values, ...Object.fromEntries(given), ...(Object.keys(labels).length === 0 ? {} : { labels }) };
};
