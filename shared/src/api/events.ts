import { z } from 'zod';
import { collectionSchema } from './backups.ts';
import { jobSummarySchema } from './jobs.ts';
import { route } from './route.ts';
import { scheduleSummarySchema } from './schedules.ts';

const change = <Noun extends string, Item extends z.ZodType>(noun: Noun, item: Item) =>
  z.discriminatedUnion('type', [
    z.object({ noun: z.literal(noun), type: z.literal('upsert'), item }),
    z.object({ noun: z.literal(noun), type: z.literal('remove'), id: z.string() }),
  ]);

/**
 * Data of one server-sent event of type `change`. `id` is that of the summary; for a collection its name.
 * After a gap that cannot be filled the server sends an event of type `reload`: every list is to be read anew.
 */
export const liveChangeSchema = z.union([
  change('schedules', scheduleSummarySchema),
  change('jobs', jobSummarySchema),
  change('collections', collectionSchema),
]);
export type LiveChange = z.infer<typeof liveChangeSchema>;

export const eventRoutes = {
  /** text/event-stream, one per tab; resumes by Last-Event-ID. */
  streamEvents: route({ method: 'GET', path: '/api/events' }),
};
