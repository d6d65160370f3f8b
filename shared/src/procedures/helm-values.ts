import { z } from 'zod';

const text = z.union([z.string(), z.number(), z.boolean(), z.bigint()]).transform(String);
const count = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^[0-9]+$/, 'A whole number.')
      .transform(Number),
  ])
  .pipe(z.int().min(0));
const flag = z.union([z.boolean(), z.stringbool()]);
const object = z.record(z.string(), z.unknown());
const list = z.array(object);

/**
 * `HelmValues` of a definition: what a ScheduledBackup may change about the objects that are made for it. All optional; members
 * that are not listed are ignored.
 */
export const helmValuesSchema = z.object({
  /** Name that the children begin with, instead of the ScheduledBackup's. */
  name: text.optional(),
  image: text.optional(),
  imagePullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).optional(),
  /** Image that holds the backup-maker executable. */
  backupMakerImage: text.optional(),
  kindType: z.enum(['CronJob', 'Job', 'Pod']).optional(),
  /** For a CronJob, instead of the one of the ScheduledBackup or the command line. */
  schedule: text.optional(),
  /** Of a CronJob; `spec.cronJob` of a ScheduledBackup wins. */
  timeZone: text.optional(),
  suspend: flag.optional(),
  /** Environment of the script, kept in the child Secret. */
  env: z.record(z.string().regex(/^[-._a-zA-Z0-9]+$/, 'Not a name for a variable.'), z.nullable(text)).optional(),
  extraEnvFrom: list.optional(),
  extraVolumes: list.optional(),
  extraVolumeMounts: list.optional(),
  resources: object.optional(),
  securityContext: object.optional(),
  podSecurityContext: object.optional(),
  serviceAccountName: text.optional(),
  nodeSelector: z.record(z.string(), text).optional(),
  tolerations: list.optional(),
  affinity: object.optional(),
  /** Laid on every object and Pod; Backstay's own labels win. */
  labels: z.record(z.string(), text).optional(),
  imagePullSecrets: list.optional(),
  concurrencyPolicy: z.enum(['Allow', 'Forbid', 'Replace']).optional(),
  successfulJobsHistoryLimit: count.optional(),
  failedJobsHistoryLimit: count.optional(),
  startingDeadlineSeconds: count.optional(),
  ttlSecondsAfterFinished: count.optional(),
  activeDeadlineSeconds: count.optional(),
});
export type HelmValues = z.infer<typeof helmValuesSchema>;
