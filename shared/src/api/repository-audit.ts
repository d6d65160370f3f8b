import { z } from 'zod';
import { repositoryInstantSchema, repositorySuccess } from './repository-envelopes.ts';

export const repositoryAuditOutcomeSchema = z.enum(['allowed', 'denied', 'done', 'failed']);

export const repositoryAuditQuerySchema = z.object({
  user: z.string().max(256).optional(),
  collection: z.string().max(256).optional(),
  action: z.string().max(256).optional().describe('e.g. `version.download`.'),
  outcome: repositoryAuditOutcomeSchema.optional(),
  since: repositoryInstantSchema.optional().describe('From this instant on.'),
  until: repositoryInstantSchema.optional().describe('Before this instant.'),
  limit: z.coerce.number<string>().int().min(1).max(500).default(100),
  cursor: z.string().max(200).optional().describe('`nextCursor` of the page before.'),
});

export const repositoryAuditEntrySchema = z
  .strictObject({
    id: z.string(),
    at: repositoryInstantSchema,
    action: z.string(),
    outcome: repositoryAuditOutcomeSchema,
    user: z.string().nullable(),
    accessKeyName: z.string().nullable(),
    sessionId: z.string().nullable(),
    collectionId: z.string().nullable(),
    target: z.string().nullable(),
    requesterIp: z.string().nullable(),
    requestId: z.string().nullable(),
    detail: z.string().nullable(),
  })
  .meta({ id: 'AuditEntry', description: 'Who did or tried what.' });

export const repositoryAuditReplySchema = repositorySuccess({
  entries: z.array(repositoryAuditEntrySchema),
  nextCursor: z.string().nullable().describe('null: that was the last page.'),
});
