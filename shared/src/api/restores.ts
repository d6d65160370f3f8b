import { z } from 'zod';
import { restoreFormSchema } from '../forms/restore-form.ts';
import { startedSchema } from './jobs.ts';
import { route } from './route.ts';

export const checkSchema = z.object({
  id: z.string(),
  title: z.string(),
  state: z.enum(['ok', 'warning', 'failed']),
  message: z.string(),
  /** How to mend it, for those that are not ok. */
  advice: z.string().optional(),
});
export type Check = z.infer<typeof checkSchema>;

export const restorePlanSchema = z.object({
  /** Sentences: what will be done, what is overwritten, what is lost. */
  steps: z.array(z.string()),
  checks: z.array(checkSchema),
  /** The RequestedBackupAction as YAML. */
  manifest: z.string(),
  /** Seconds, from earlier restores and backups; absent without any. */
  estimatedSeconds: z.number().optional(),
  /** What has to be typed to confirm, for a restore in place. */
  confirmation: z.string().optional(),
});
export type RestorePlan = z.infer<typeof restorePlanSchema>;

export const restoreRoutes = {
  /** Runs the pre-flight checks and a dry run; changes nothing. */
  planRestore: route({ method: 'POST', path: '/api/restores/plan', body: restoreFormSchema, reply: restorePlanSchema }),
  /** 422 `invalid_input` when a check fails or `confirmation` is not what the plan asked for. */
  startRestore: route({
    method: 'POST',
    path: '/api/restores',
    body: restoreFormSchema.extend({ confirmation: z.string().optional() }),
    reply: startedSchema,
  }),
};
