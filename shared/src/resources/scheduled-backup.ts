import { z } from 'zod';
import type { BackupStatus } from './backup-status.ts';
import type { KubeObject } from './kube-object.ts';

export const operationSchema = z.enum(['backup', 'restore']);
export type Operation = z.infer<typeof operationSchema>;

/** The `spec` of a ScheduledBackup: `spec/engine.md` 1.2, and optional additions that older resources do not carry. */
export const scheduledBackupSpecSchema = z.object({
  operation: operationSchema.describe('Which operation the CronJob runs. Helper objects are made for both.'),
  collectionId: z
    .string()
    .describe('Collection of the repository. Used where Repository.collectionId is missing in vars.'),
  cronJob: z
    .object({
      enabled: z.boolean().describe('Whether a CronJob is made.'),
      scheduleEvery: z.string().default('00 02 * * *').optional().describe('Cron expression of five fields.'),
      timeZone: z.string().optional().describe('IANA time zone of the expression. Default: the zone of the cluster.'),
      suspend: z.boolean().optional().describe('True pauses the schedule; nothing is deleted.'),
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
});
export type ScheduledBackupSpec = z.infer<typeof scheduledBackupSpecSchema>;

export interface ScheduledBackup extends KubeObject {
  kind: 'ScheduledBackup';
  spec: ScheduledBackupSpec;
  status?: BackupStatus;
}
