import { z } from 'zod';
import { backupCollectionSpecSchema } from '../resources/backup-collection.ts';
import { repositorySuccess } from './repository-envelopes.ts';
import { repositoryNameSchema } from './repository-users.ts';

const { shape } = backupCollectionSpecSchema;
const spec = z.strictObject(shape);

/** Strategy and description may be left out; the rest is what a BackupCollection says. */
export const repositoryNewCollectionSchema = z.strictObject({
  name: repositoryNameSchema,
  ...shape,
  description: shape.description.default(''),
  strategyName: shape.strategyName.default('fifo'),
  strategySpec: shape.strategySpec.default({}),
});

/** Fields that are left out stay; null removes one that need not be there. */
export const repositoryCollectionChangeSchema = z
  .strictObject({
    ...shape,
    windows: shape.windows.nullable(),
    accessControl: shape.accessControl.nullable(),
    healthSecretRef: shape.healthSecretRef.nullable(),
  })
  .partial();

export const repositoryRemoveCollectionSchema = z.strictObject({
  confirm: z.string().optional().describe('The name of the collection: only then its versions go with it.'),
});

export const repositoryManagedCollectionSchema = z
  .strictObject({
    name: z.string(),
    spec: spec.partial().describe('What is stored, without fields that this server does not know.'),
    revision: z.string().describe('What `If-Match` takes, without quotes.'),
    problem: z.string().optional().describe('Why the collection cannot be used as it is stored.'),
  })
  .meta({ id: 'Collection' });

export const repositoryCollectionReplySchema = repositorySuccess({ collection: repositoryManagedCollectionSchema });
export const repositoryCollectionsReplySchema = repositorySuccess({
  collections: z.array(repositoryManagedCollectionSchema),
});
export const repositoryCollectionRemovedReplySchema = repositorySuccess({
  removed: z.string(),
  versions: z.int().min(0).describe('How many versions went with it.'),
});
