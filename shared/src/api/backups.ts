import { z } from 'zod';
import { instantSchema } from './common.ts';
import { route } from './route.ts';

export const versionSchema = z.object({
  collection: z.string(),
  number: z.number(),
  createdAt: instantSchema,
  sizeBytes: z.number(),
  /** Hex SHA-256 of the stored, encrypted bytes. */
  sha256: z.string().optional(),
  uploadedBy: z.string(),
  /** Job that stored it, where known. */
  job: z.object({ namespace: z.string(), name: z.string() }).optional(),
  durationSeconds: z.number().optional(),
});
export type Version = z.infer<typeof versionSchema>;

export const collectionSchema = z.object({
  name: z.string(),
  description: z.string(),
  maxVersions: z.number(),
  maxVersionBytes: z.number(),
  maxTotalBytes: z.number(),
  usedBytes: z.number(),
  versions: z.number(),
  newest: versionSchema.optional(),
  /** Schedules that store into it. */
  schedules: z.array(z.object({ namespace: z.string(), name: z.string() })),
});
export type Collection = z.infer<typeof collectionSchema>;

export const backupRoutes = {
  listCollections: route({
    method: 'GET',
    path: '/api/collections',
    reply: z.object({ items: z.array(collectionSchema) }),
  }),
  /** Newest first. */
  listVersions: route({
    method: 'GET',
    path: '/api/collections/:collection/versions',
    reply: z.object({ collection: collectionSchema, items: z.array(versionSchema) }),
  }),
  /** The encrypted bytes, as a file. */
  downloadVersion: route({ method: 'GET', path: '/api/collections/:collection/versions/:number/download' }),
};
