import { jobStateSchema, scheduleStateSchema } from '@backstay/shared';
import { z } from 'zod';

/* What each page keeps in its address. Anything unreadable is dropped, never an error. */

const text = z.string().optional().catch(undefined);

export const scheduleSearch = z.object({
  q: text,
  namespace: text,
  state: scheduleStateSchema.optional().catch(undefined),
  /** A column; with a leading dash for descending. */
  sort: text,
});

export const scheduleDetailSearch = z.object({
  tab: z.enum(['overview', 'jobs', 'backups', 'manifest', 'events']).optional().catch(undefined),
});

export const newScheduleSearch = z.object({ procedure: text });

export const jobSearch = z.object({
  namespace: text,
  schedule: text,
  state: jobStateSchema.optional().catch(undefined),
  operation: z.enum(['backup', 'restore']).optional().catch(undefined),
});

export const restoreSearch = z.object({
  namespace: text,
  schedule: text,
  version: z.coerce.number<string | number>().int().min(1).optional().catch(undefined),
});
