import { z } from 'zod';
import { repositoryInstantSchema, repositorySuccess } from './repository-envelopes.ts';
import { repositoryVersionSchema } from './repository-versions.ts';

export const repositoryOpenUploadSchema = z.object({
  key: z
    .string()
    .regex(/^[A-Za-z0-9._-]{16,128}$/)
    .describe('Chosen by the client. The same key gives the same upload: a repeated request begins no second one.'),
  expectedBytes: z.int().min(0).optional().describe('Default: all that a version may have is reserved.'),
});

export const repositoryFinaliseSchema = z.object({
  sha256: z
    .string()
    .regex(/^[0-9a-fA-F]{64}$/)
    .toLowerCase()
    .describe('Of all bytes that were sent.'),
  size: z.int().min(0),
});

export const repositoryUploadSchema = z
  .strictObject({
    id: z.string(),
    key: z.string().nullable(),
    state: z.enum(['open', 'committed', 'aborted']),
    offset: z.int().min(0).describe('Bytes that are stored: where to go on.'),
    maxBytes: z.int().min(0),
    expiresAt: repositoryInstantSchema,
    reason: z.string().optional().describe('Why it was aborted.'),
    version: repositoryVersionSchema.optional(),
  })
  .meta({ id: 'Upload', description: 'An upload in parts, committed by a request of its own.' });

export const repositoryUploadReplySchema = repositorySuccess({ upload: repositoryUploadSchema });

/** The answer to a part at the wrong place. */
export const repositoryOffsetErrorSchema = z.strictObject({
  data: z.union([z.strictObject({}), z.strictObject({ upload: z.strictObject({ offset: z.int().min(0) }) })]),
  error: z.string(),
  status: z.literal(false),
});
