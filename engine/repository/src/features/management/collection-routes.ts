import {
  backupCollectionSpecSchema,
  repositoryCollectionChangeSchema,
  repositoryNewCollectionSchema,
  repositoryRemoveCollectionSchema,
} from '@backstay/shared';
import { mayActOnCollection } from '../../access/decision.ts';
import { managesCollections } from '../../access/roles.ts';
import { readRules } from '../../configuration/collection-rules.ts';
import type { StoredDocument } from '../../configuration/document-store.ts';
import { type CollectionDocument, readCollection } from '../../configuration/documents.ts';
import { MisconfiguredError } from '../../configuration/misconfigured-error.ts';
import type { ActorContext, Route } from '../../http/context.ts';
import { failure, type Reply, success } from '../../http/reply.ts';
import type { Services } from '../../services.ts';
import { actorRoutes } from '../actor-route.ts';
import {
  changeCollectionDocumentation,
  createCollectionDocumentation,
  listCollectionsDocumentation,
  readCollectionDocumentation,
  removeCollectionDocumentation,
} from './collection-documentation.ts';
import { mustBeFree, removeWithVersions } from './collection-removal.ts';
import {
  changedFields,
  exclusively,
  expectedRevision,
  invalidFields,
  mustBeUnrestricted,
  readBody,
  withRevision,
} from './management-support.ts';

interface StoredCollection {
  readonly stored: StoredDocument;
  readonly collection: CollectionDocument | undefined;
  readonly problem: string | undefined;
}

const knownFields = Object.entries(backupCollectionSpecSchema.shape);

/** Only fields that fit their schema: what is wrong with the rest says `problem`. */
const specOnWire = (spec: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    knownFields.flatMap(([name, schema]) => {
      const result = schema.safeParse(spec[name]);
      return result.success && result.data !== undefined ? [[name, result.data]] : [];
    }),
  );

const readStored = (services: Services, stored: StoredDocument): StoredCollection => {
  let collection: CollectionDocument | undefined;
  try {
    collection = readCollection({ metadata: { name: stored.name }, spec: stored.spec }, stored.name);
    readRules(collection, services.settings.timeZone);
    return { stored, collection, problem: undefined };
  } catch (error) {
    if (error instanceof MisconfiguredError) {
      return { stored, collection, problem: error.message };
    }
    throw error;
  }
};

const collectionOnWire = ({ stored, problem }: StoredCollection) => ({
  name: stored.name,
  spec: specOnWire(stored.spec),
  revision: stored.revision,
  ...(problem === undefined ? {} : { problem }),
});

const asSubject = ({ stored, collection }: StoredCollection) => ({
  name: stored.name,
  accessControl: collection?.accessControl ?? [],
});

const mayManage = (context: ActorContext, found: StoredCollection): boolean =>
  mayActOnCollection(context.actor, asSubject(found), 'collection.manage');

const maySee = (context: ActorContext, found: StoredCollection): boolean =>
  (['file.download', 'file.upload', 'collection.manage'] as const).some((action) =>
    mayActOnCollection(context.actor, asSubject(found), action),
  );

const findCollection = async (services: Services, context: ActorContext): Promise<StoredCollection> => {
  const name = context.params['collectionId'] ?? '';
  const stored = await services.configuration.documents.find('BackupCollection', name);
  if (stored === undefined) {
    throw failure(404, 'cannot find specified collection');
  }
  return readStored(services, stored);
};

const mustManage = (context: ActorContext, found: StoredCollection): void => {
  if (!mayManage(context, found)) {
    throw failure(403, 'this needs the role collectionManager, on the collection or for all of them');
  }
};

/** What a document would be, before it is written: nobody can make a collection that takes no uploads. */
const checkSpec = (services: Services, name: string, spec: Record<string, unknown>): void => {
  const parsed = backupCollectionSpecSchema.safeParse(spec);
  if (!parsed.success) {
    throw invalidFields(parsed.error.issues.map(({ path, message }) => ({ field: path.join('.'), message })));
  }
  try {
    readRules(readCollection({ metadata: { name }, spec: parsed.data }, name), services.settings.timeZone);
  } catch (error) {
    if (error instanceof MisconfiguredError) {
      const field = knownFields.map(([known]) => known).find((known) => error.message.includes(known)) ?? '';
      throw invalidFields([{ field, message: error.message }]);
    }
    throw error;
  }
};

/** A reference to a Secret lets whoever may read the health of the collection guess at what the entry holds. */
const mustOwnSecret = (context: ActorContext, change: { healthSecretRef?: unknown }): void => {
  if (change.healthSecretRef && !managesCollections(context.actor.user.roles)) {
    throw failure(403, 'healthSecretRef: needs the role collectionManager for all collections');
  }
};

const listCollections = async (services: Services, context: ActorContext): Promise<Reply> => {
  const stored = await services.configuration.documents.list('BackupCollection');
  const seen = stored.map((one) => readStored(services, one)).filter((found) => maySee(context, found));
  return success({ collections: seen.map(collectionOnWire) });
};

const showCollection = async (services: Services, context: ActorContext): Promise<Reply> => {
  const found = await findCollection(services, context);
  if (!maySee(context, found)) {
    throw failure(403, 'not authorized to view this collection');
  }
  return withRevision({ collection: collectionOnWire(found) }, found.stored.revision);
};

const createCollection = async (services: Services, context: ActorContext): Promise<Reply> => {
  mustBeUnrestricted(context.actor);
  if (!managesCollections(context.actor.user.roles)) {
    throw failure(403, 'this needs the role collectionManager or systemAdmin');
  }
  const { name, ...spec } = await readBody(context, repositoryNewCollectionSchema);
  context.note({ collectionId: name, target: `collection ${name}`, detail: changedFields(spec) });
  checkSpec(services, name, spec);
  return await exclusively(services, async () => {
    const stored = await services.configuration.documents.create('BackupCollection', name, spec);
    return withRevision({ collection: collectionOnWire(readStored(services, stored)) }, stored.revision, 201);
  });
};

const withoutNulls = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value === null ? undefined : value]));

const changeCollection = async (services: Services, context: ActorContext): Promise<Reply> => {
  // Whoever may not manage it learns nothing of what is wrong with the body.
  mustManage(context, await findCollection(services, context));
  const fields = withoutNulls(await readBody(context, repositoryCollectionChangeSchema));
  context.note({ detail: changedFields(fields) });
  mustOwnSecret(context, fields);
  return await exclusively(services, async () => {
    const found = await findCollection(services, context);
    mustManage(context, found);
    const { name, spec } = found.stored;
    checkSpec(services, name, { description: '', strategySpec: {}, ...specOnWire(spec), ...fields });
    const revision = expectedRevision(context, found.stored);
    const stored = await services.configuration.documents.change('BackupCollection', name, { revision, fields });
    return withRevision({ collection: collectionOnWire(readStored(services, stored)) }, stored.revision);
  });
};

const removeCollection = async (services: Services, context: ActorContext): Promise<Reply> => {
  mustManage(context, await findCollection(services, context));
  const { confirm } = await readBody(context, repositoryRemoveCollectionSchema);
  return await exclusively(services, async (signal) => {
    const found = await findCollection(services, context);
    mustManage(context, found);
    const { name } = found.stored;
    const revision = expectedRevision(context, found.stored);
    const removal = { services, context, name, signal };
    await mustBeFree(removal, confirm);
    const versions = await removeWithVersions(removal, () =>
      services.configuration.documents.remove('BackupCollection', name, revision),
    );
    context.note({ target: `collection ${name}`, detail: `${versions} versions` });
    return success({ removed: name, versions });
  });
};

export const collectionRoutes = (services: Services): Route[] => {
  const all = '/api/stable/repository/collection';
  const one = `${all}/:collectionId`;
  const route = actorRoutes(services);
  return [
    route(
      { method: 'GET', path: all, action: 'collection.list', documentation: listCollectionsDocumentation },
      listCollections,
    ),
    route(
      { method: 'POST', path: all, action: 'collection.create', documentation: createCollectionDocumentation },
      createCollection,
    ),
    route(
      { method: 'GET', path: one, action: 'collection.view', documentation: readCollectionDocumentation },
      showCollection,
    ),
    route(
      { method: 'PATCH', path: one, action: 'collection.change', documentation: changeCollectionDocumentation },
      changeCollection,
    ),
    route(
      { method: 'DELETE', path: one, action: 'collection.remove', documentation: removeCollectionDocumentation },
      removeCollection,
    ),
  ];
};
