import { z } from 'zod';
import { doneSchema, eventSchema, instantSchema, objectRefSchema } from './common.ts';
import { route } from './route.ts';

export const jobStateSchema = z.enum(['pending', 'running', 'succeeded', 'failed', 'cancelled']);
export type JobState = z.infer<typeof jobStateSchema>;

export const jobSummarySchema = z.object({
  /** uid of the Kubernetes Job: stays the same after it is archived. */
  id: z.string(),
  namespace: z.string(),
  name: z.string(),
  operation: z.enum(['backup', 'restore']),
  schedule: z.string(),
  /** Absent when the CronJob started it. */
  action: z.string().optional(),
  state: jobStateSchema,
  /** In words, for failed and cancelled ones. */
  reason: z.string().optional(),
  createdAt: instantSchema,
  startedAt: instantSchema.optional(),
  finishedAt: instantSchema.optional(),
  /** Version that was stored or restored, where known. */
  version: z.number().optional(),
  /** Stored bytes of that version, where known. */
  sizeBytes: z.number().optional(),
  requestedBy: z.string().optional(),
  /** True once the Job is gone from the cluster and only the record is left. */
  archived: z.boolean(),
});
export type JobSummary = z.infer<typeof jobSummarySchema>;

export const jobFailureSchema = z.object({
  /** What broke: the dump, the encryption, the upload, the loader, the Pod itself. */
  stage: z.string(),
  message: z.string(),
  exitCode: z.number().optional(),
  signal: z.string().optional(),
  lastLines: z.array(z.string()),
  advice: z.string(),
});

export const progressSchema = z.object({
  /** Plain bytes that went through so far. */
  bytes: z.number(),
  totalBytes: z.number().optional(),
  bytesPerSecond: z.number().optional(),
});

export const jobDetailSchema = jobSummarySchema.extend({
  phases: z.array(
    z.object({
      name: z.string(),
      state: z.enum(['waiting', 'active', 'done', 'failed']),
      at: instantSchema.optional(),
    }),
  ),
  failure: jobFailureSchema.optional(),
  progress: progressSchema.optional(),
  events: z.array(eventSchema),
  /** The Job as YAML while it is in the cluster. */
  manifest: z.string().optional(),
});
export type JobDetail = z.infer<typeof jobDetailSchema>;

export const jobRoutes = {
  /** Live and archived jobs, newest first. */
  listJobs: route({
    method: 'GET',
    path: '/api/jobs',
    query: z.object({
      namespace: z.string().optional(),
      schedule: z.string().optional(),
      state: jobStateSchema.optional(),
      operation: z.enum(['backup', 'restore']).optional(),
      limit: z.coerce.number().int().min(1).max(500).optional(),
      /** `next` of the page before. */
      cursor: z.string().optional(),
    }),
    reply: z.object({ items: z.array(jobSummarySchema), total: z.number(), next: z.string().optional() }),
  }),
  getJob: route({ method: 'GET', path: '/api/jobs/:namespace/:name', reply: jobDetailSchema }),
  /**
   * text/plain; each line is `<RFC 3339 instant> <text>`. With `follow` it goes on until the job ends.
   * `since` (instant of the last line that was read) resumes; `tail` starts that many lines before the end.
   */
  getJobLog: route({
    method: 'GET',
    path: '/api/jobs/:namespace/:name/log',
    query: z.object({
      follow: z.stringbool().optional(),
      since: instantSchema.optional(),
      tail: z.coerce.number().int().min(0).optional(),
      /** Sends the log as a file. */
      download: z.stringbool().optional(),
    }),
  }),
  /** Ends a running job with the state `cancelled`. 409 `already_finished`. */
  cancelJob: route({ method: 'POST', path: '/api/jobs/:namespace/:name/cancel', reply: doneSchema }),
};

/** Reply of everything that starts a job. The Job appears a moment after its action. */
export const startedSchema = z.object({ action: objectRefSchema });
