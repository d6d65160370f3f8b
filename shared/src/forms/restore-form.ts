import { z } from 'zod';

/** Input of the restore wizard. */
export const restoreFormSchema = z.object({
  namespace: z.string().min(1),
  schedule: z.string().min(1, 'Choose a schedule.'),
  version: z.int().min(1, 'Choose a backup.'),
  target: z.discriminatedUnion('mode', [
    z.object({ mode: z.literal('in-place') }),
    /** Only the parameters that differ from the schedule's. */
    z.object({ mode: z.literal('elsewhere'), parameters: z.record(z.string(), z.string()) }),
  ]),
});
export type RestoreForm = z.infer<typeof restoreFormSchema>;
