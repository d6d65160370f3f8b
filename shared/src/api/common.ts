import { z } from 'zod';
import type { ErrorCode } from '../errors/error-table.ts';

/**
 * Every request that is not a GET carries this header (any value): a foreign page cannot set it without a preflight, which
 * the console never answers.
 */
export const requestHeader = 'x-backstay-request';

/** RFC 3339 in UTC, e.g. 2026-11-23T02:00:00.000Z. */
export const instantSchema = z.iso.datetime();

export const problemSchema = z.object({
  /** Dotted path into the form; empty for the whole. */
  field: z.string(),
  message: z.string(),
  severity: z.enum(['error', 'warning']).optional(),
});

/** Body of every reply with a status of 400 or more. */
export const errorBodySchema = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    /** The fields that are wrong, where a form was sent. */
    details: z.array(problemSchema).optional(),
  }),
  requestId: z.string(),
});
export type ErrorBody = z.infer<typeof errorBodySchema> & { error: { code: ErrorCode } };

export const objectRefSchema = z.object({ namespace: z.string(), name: z.string() });
export type ObjectRef = z.infer<typeof objectRefSchema>;

export const doneSchema = z.object({ done: z.literal(true) });

/** An event of the cluster about an object, newest first in lists. */
export const eventSchema = z.object({
  type: z.enum(['Normal', 'Warning']),
  reason: z.string(),
  message: z.string(),
  count: z.number(),
  at: instantSchema,
  /** Kind/name of the object. */
  about: z.string(),
});
