import { z } from 'zod';
import { conditionSchema } from './kube-object.ts';

/** An object that a custom resource caused to exist, found again by its tracking label. */
export const ownedReferenceSchema = z.object({
  apiVersion: z
    .string()
    .describe('API version of the child, e.g. batch/v1. Older controllers wrote "/v1" for core kinds.'),
  kind: z.string().describe('Kind of the child.'),
  trackingId: z.string().describe('Value of the label riotkit.org/job-tracking-id on the child.'),
});

/** The state of one Job or CronJob that a custom resource caused. */
export const childHealthSchema = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  trackingId: z.string(),
  message: z.string().describe('What happened, in words.'),
  succeeded: z.boolean(),
  running: z.boolean(),
  failed: z.boolean(),
});

export const backupStatusSchema = z.object({
  lastAppliedSpecHash: z.string().optional().describe('Hex SHA-256 of the spec as it was last applied.'),
  conditions: z.array(conditionSchema).optional(),
  ownedReferences: z.array(ownedReferenceSchema).optional(),
  childrenResourcesHealth: z.array(childHealthSchema).optional(),
  healthy: z.boolean().optional().describe('True when nothing failed and the last job, if any, succeeded.'),
});

export const actionStatusSchema = backupStatusSchema.extend({
  processed: z.boolean().describe('True once the Job was made: an action runs at most once.'),
});

export type OwnedReference = z.infer<typeof ownedReferenceSchema>;
export type ChildHealth = z.infer<typeof childHealthSchema>;
export type BackupStatus = z.infer<typeof backupStatusSchema>;
export type ActionStatus = z.infer<typeof actionStatusSchema>;
