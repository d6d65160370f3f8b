import { z } from 'zod';
import { scheduleFormSchema } from '../forms/schedule-form.ts';
import { doneSchema, eventSchema, instantSchema, objectRefSchema, problemSchema } from './common.ts';
import { jobStateSchema, startedSchema } from './jobs.ts';
import { route } from './route.ts';

/** Never green from intent: `protected` needs a stored version that is young enough. */
export const scheduleStateSchema = z.enum(['protected', 'overdue', 'failing', 'paused', 'never-ran', 'invalid']);
export type ScheduleState = z.infer<typeof scheduleStateSchema>;

export const scheduleSummarySchema = z.object({
  id: z.string(),
  namespace: z.string(),
  name: z.string(),
  procedure: z.object({ kind: z.enum(['internal', 'cluster']), name: z.string(), title: z.string() }),
  collection: z.string(),
  operation: z.enum(['backup', 'restore']),
  /** Absent when no CronJob is wanted. */
  cron: z.string().optional(),
  timeZone: z.string(),
  paused: z.boolean(),
  nextRun: instantSchema.optional(),
  state: scheduleStateSchema,
  /** Why it has that state, in words. */
  reasons: z.array(z.string()),
  /** Oldest first, at most ten. */
  lastJobs: z.array(
    z.object({ name: z.string(), operation: z.enum(['backup', 'restore']), state: jobStateSchema, at: instantSchema }),
  ),
  newestVersion: z.object({ number: z.number(), createdAt: instantSchema, sizeBytes: z.number() }).optional(),
  createdAt: instantSchema,
});
export type ScheduleSummary = z.infer<typeof scheduleSummarySchema>;

export const scheduleDetailSchema = scheduleSummarySchema.extend({
  /** The ScheduledBackup as YAML, without managed fields. */
  manifest: z.string(),
  /** Parameters as stored; secret ones are named with an empty value. */
  parameters: z.record(z.string(), z.string()),
  secretParameters: z.array(z.string()),
  /** Plan inputs for the key: which Secret, which identity. */
  key: z.object({ secretName: z.string(), email: z.string(), generated: z.boolean() }),
  conditions: z.array(z.object({ type: z.string(), status: z.string(), reason: z.string(), message: z.string() })),
  events: z.array(eventSchema),
});
export type ScheduleDetail = z.infer<typeof scheduleDetailSchema>;

/** What the wizard sends: the form, and the ScheduledBackup as YAML where the person edited it by hand. */
export const scheduleDraftSchema = z.object({ form: scheduleFormSchema, manifest: z.string().max(262_144).optional() });

export const planSchema = z.object({
  objects: z.array(
    z.object({
      kind: z.string(),
      namespace: z.string().optional(),
      name: z.string(),
      change: z.enum(['create', 'update', 'unchanged']),
      /** Values of Secrets are replaced by a note. */
      yaml: z.string(),
      /** As it stands in the cluster, for `update`. */
      before: z.string().optional(),
    }),
  ),
  /** What the API server's dry run and our own checks say. Empty of errors: it can be applied. */
  problems: z.array(problemSchema),
});
export type Plan = z.infer<typeof planSchema>;

export const scheduleRoutes = {
  listSchedules: route({
    method: 'GET',
    path: '/api/schedules',
    query: z.object({ namespace: z.string().optional() }),
    reply: z.object({ items: z.array(scheduleSummarySchema), total: z.number() }),
  }),
  getSchedule: route({ method: 'GET', path: '/api/schedules/:namespace/:name', reply: scheduleDetailSchema }),
  /** Maps the draft, asks the API server for a dry run as the signed-in user, changes nothing. */
  planSchedule: route({ method: 'POST', path: '/api/schedules/plan', body: scheduleDraftSchema, reply: planSchema }),
  /** 409 `name_taken`; 422 `invalid_input` with `details`. A failure leaves nothing half made. */
  createSchedule: route({
    method: 'POST',
    path: '/api/schedules',
    body: scheduleDraftSchema,
    reply: z.object({ schedule: objectRefSchema, action: objectRefSchema.optional() }),
  }),
  runSchedule: route({ method: 'POST', path: '/api/schedules/:namespace/:name/run', reply: startedSchema }),
  pauseSchedule: route({
    method: 'POST',
    path: '/api/schedules/:namespace/:name/pause',
    body: z.object({ paused: z.boolean() }),
    reply: doneSchema,
  }),
  /** Deletes the schedule. Its stored backups, its key and its job records stay. */
  deleteSchedule: route({ method: 'DELETE', path: '/api/schedules/:namespace/:name', reply: doneSchema }),
  /** The private key that opens the backups, ASCII-armoured, as a file. Read with the rights of the signed-in user. */
  getRecoveryKey: route({ method: 'POST', path: '/api/schedules/:namespace/:name/recovery-key' }),
};
