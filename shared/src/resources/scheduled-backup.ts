import { z } from 'zod';
import type { BackupStatus } from './backup-status.ts';
import { jobSettingsSchema } from './job-settings.ts';
import type { KubeObject } from './kube-object.ts';
import { rules } from './structural-schema.ts';

export const operationSchema = z.enum(['backup', 'restore']);
export type Operation = z.infer<typeof operationSchema>;

const seconds = z.int().min(10).max(31_536_000).optional();
const history = z.int().min(0).max(1_000).optional();

/** Five fields, or a word. What the fields may hold is for the controller to say; Kubernetes refuses a zone (TZ=) here. */
const cronShape =
  /^\s*(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|@every \S+|[^\s@=]+(\s+[^\s@=]+){4})?\s*$/;
const zoneShape = /^([A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*)?$/;

/** The `spec` of a ScheduledBackup: `spec/engine.md` 1.2, and optional additions that older resources do not carry. */
export const scheduledBackupSpecSchema = z.object({
  operation: operationSchema.describe('Which operation the CronJob runs. Helper objects are made for both.'),
  collectionId: z
    .string()
    .describe('Collection of the repository. Used where Repository.collectionId is missing in vars.'),
  cronJob: z
    .object({
      enabled: z.boolean().describe('Whether a CronJob is made.'),
      scheduleEvery: z
        .string()
        .regex(cronShape)
        .default('00 02 * * *')
        .optional()
        .describe('Cron expression of five fields, or @daily and the like.'),
      timeZone: z
        .string()
        .max(64)
        .regex(zoneShape)
        .optional()
        .describe('IANA time zone of the expression. Default: the zone of the cluster.'),
      suspend: z.boolean().optional().describe('True pauses the schedule; nothing is deleted.'),
      concurrencyPolicy: z
        .enum(['Allow', 'Forbid', 'Replace'])
        .optional()
        .describe(
          'What happens when a run is due while the one before still runs. Default: Forbid, the later one is left out.',
        ),
      startingDeadlineSeconds: seconds.describe('A run that is late by more is left out. At least 10.'),
      successfulJobsHistoryLimit: history.describe('Successful Jobs that are kept. Default: 3.'),
      failedJobsHistoryLimit: history.describe('Failed Jobs that are kept. Default: 1.'),
    })
    .describe('When to run.'),
  gpgKeySecretRef: z
    .object({
      secretName: z.string().describe('Secret in the same namespace.'),
      publicKey: z.string().describe('Data key of the public key. Empty: key.pub.'),
      privateKey: z.string().describe('Data key of the private key. Empty: key.'),
      passphraseKey: z.string().describe('Data key of the passphrase. Empty: passphrase.'),
      email: z.string().describe('Identity of a generated key.'),
      createIfNotExists: z
        .boolean()
        .describe('Generate or complete the key Secret. An existing private key is never replaced.'),
    })
    .meta(
      rules({
        rule: "!self.createIfNotExists || self.publicKey == '' || self.publicKey != self.privateKey",
        message: 'publicKey and privateKey must be two entries: a generated key pair would overwrite itself.',
      }),
    )
    .describe('The OpenPGP key pair.'),
  templateRef: z
    .object({
      kind: z.string().describe('internal: a built-in procedure. Anything else: a ClusterBackupProcedureTemplate.'),
      name: z.string(),
    })
    .describe('The procedure.'),
  tokenSecretRef: z
    .object({
      secretName: z.string(),
      tokenKey: z.string().describe('Data key of the access token of the repository.'),
    })
    .describe('Where the access token of the repository is kept.'),
  varsSecretRef: z
    .object({
      secretName: z.string().optional().describe('Empty: nothing is imported.'),
      importOnlyKeys: z.array(z.string()).optional().describe('Empty: every key is imported.'),
    })
    .describe('Values that are not for everybody to read; each key is a path such as Params.password.'),
  vars: z.string().describe('A YAML document, as text, with Params, Repository and HelmValues.'),
  job: jobSettingsSchema
    .optional()
    .describe('How the Jobs run, of the schedule and of its actions. What is set here wins over HelmValues in vars.'),
});
export type ScheduledBackupSpec = z.infer<typeof scheduledBackupSpecSchema>;

export interface ScheduledBackup extends KubeObject {
  kind: 'ScheduledBackup';
  spec: ScheduledBackupSpec;
  status?: BackupStatus;
}
