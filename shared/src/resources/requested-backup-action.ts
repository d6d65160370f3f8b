import { z } from 'zod';
import type { ActionStatus } from './backup-status.ts';
import type { KubeObject } from './kube-object.ts';
import { operationSchema } from './scheduled-backup.ts';
import { rules } from './structural-schema.ts';

/** Empty: latest. */
export const targetVersionPattern = /^(latest|v?[1-9][0-9]{0,8})?$/;

/** The `spec` of a RequestedBackupAction: `spec/engine.md` 1.4, and optional additions. */
export const requestedBackupActionSpecSchema = z
  .object({
    action: operationSchema.describe('What to run now.'),
    scheduledBackupRef: z.object({ name: z.string() }).describe('A ScheduledBackup of the same namespace.'),
    kindType: z.enum(['Job']).default('Job').optional().describe('Only Job.'),
    targetVersion: z
      .string()
      .regex(targetVersionPattern)
      .optional()
      .describe('Version to restore: a number, v<number> or latest. Default: latest.'),
    vars: z
      .string()
      .optional()
      .describe('A YAML document, as text, laid over the vars of the ScheduledBackup: restore into another place.'),
  })
  .meta(
    rules({
      rule: "!has(self.targetVersion) || self.targetVersion in ['', 'latest'] || self.action == 'restore'",
      message: 'targetVersion is for a restore: a backup always makes a new version.',
    }),
  );
export type RequestedBackupActionSpec = z.infer<typeof requestedBackupActionSpecSchema>;

export interface RequestedBackupAction extends KubeObject {
  kind: 'RequestedBackupAction';
  spec: RequestedBackupActionSpec;
  status?: ActionStatus;
}
