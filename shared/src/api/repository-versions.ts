import { z } from 'zod';
import { repositoryInstantSchema, repositorySuccess, sha256HexSchema } from './repository-envelopes.ts';

/** One stored version, with the field names of the server that came before. */
export const repositoryVersionSchema = z
  .strictObject({
    id: z.string(),
    collectionId: z.string(),
    versionNumber: z.int().min(1),
    filename: z.string(),
    filesize: z.int().min(0).describe('Bytes.'),
    uploadedBySessionId: z.string(),
    user: z.string(),
    CreatedAt: repositoryInstantSchema,
    UpdatedAt: repositoryInstantSchema,
    DeletedAt: z.null(),
    sha256: sha256HexSchema.optional().describe('Absent: stored by a server that kept no digests.'),
    hold: z
      .strictObject({
        reason: z.string(),
        by: z.string(),
        at: repositoryInstantSchema,
        until: repositoryInstantSchema.nullable(),
      })
      .optional()
      .describe('The version is protected. Absent: it is not.'),
    verification: z
      .strictObject({
        result: z.enum(['good', 'damaged', 'missing']),
        at: repositoryInstantSchema,
        detail: z.string().nullable(),
        digest: z.enum(['recorded', 'baseline']).describe('baseline: of unverified origin.'),
      })
      .optional()
      .describe('What the stored bytes were when they were last read again. Absent: not yet.'),
  })
  .meta({ id: 'Version', description: 'A stored backup.' });

export const repositoryVersionReplySchema = repositorySuccess({ version: repositoryVersionSchema });
export const repositoryVersionsReplySchema = repositorySuccess({ versions: z.array(repositoryVersionSchema) });

export const repositoryUsageReplySchema = repositorySuccess({
  usage: z.strictObject({
    usedBytes: z.int().min(0),
    reservedBytes: z.int().min(0).describe('Granted to uploads that are open.'),
    maxTotalBytes: z.int().min(0),
    maxVersionBytes: z.int().min(0),
    maxVersions: z.int().min(1),
    versions: z.int().min(0),
  }),
});
