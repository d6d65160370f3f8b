import { type KubeClient, KubeError } from '@backstay/kubernetes';
import { type KubeObject, type ResourceType, resourceTypes } from '@backstay/shared';
import {
  changedMeanwhile,
  DocumentError,
  type DocumentKind,
  type DocumentStore,
  type StoredDocument,
} from './document-store.ts';
import { specOf } from './documents.ts';
import { isObjectName } from './object-names.ts';

const typeOf: Record<DocumentKind, ResourceType> = {
  BackupUser: resourceTypes.backupUsers,
  BackupCollection: resourceTypes.backupCollections,
};
const pageSize = 500;

const toStored = (object: KubeObject): StoredDocument => ({
  name: object.metadata.name ?? '',
  spec: specOf(object),
  revision: object.metadata.resourceVersion ?? '',
});

const toDocumentError = (error: unknown, kind: DocumentKind, name: string): unknown => {
  if (!(error instanceof KubeError)) {
    return error;
  }
  switch (error.status) {
    case 403:
      return new DocumentError(
        'read-only',
        `${kind} ${name}: the server's account in the cluster may not write it`,
        error,
      );
    case 404:
      return new DocumentError('absent', `there is no ${kind} ${name}`, error);
    case 409:
      return error.reason === 'AlreadyExists'
        ? new DocumentError('exists', `${kind} ${name} exists already`, error)
        : changedMeanwhile(kind, name);
    case 400:
    case 422:
      return new DocumentError('invalid', `the cluster refuses ${kind} ${name}: ${fieldsOf(error)}`, error);
    default:
      return error;
  }
};

/** Field names only: messages of the API server quote values. */
const fieldsOf = (error: KubeError): string => {
  const fields = error.causes.flatMap(({ field }) => (field === undefined ? [] : [field]));
  return fields.length === 0 ? 'it does not fit the definition' : `check ${fields.join(', ')}`;
};

const mustBeName = (name: string): void => {
  if (!isObjectName(name)) {
    throw new DocumentError('invalid', 'the name must hold only a-z, 0-9, dots and dashes');
  }
};

/** A merge patch removes what is null. Other spellings of a field go with it, or they would count beside it. */
const patchOf = (object: KubeObject, fields: Readonly<Record<string, unknown>>): Record<string, unknown> => {
  const spec = object['spec'];
  const present = Object.keys(typeof spec === 'object' && spec !== null ? spec : {});
  const names = new Map(Object.keys(fields).map((name) => [name.toLowerCase(), name]));
  const others = present.filter((key) => names.has(key.toLowerCase()) && !Object.hasOwn(fields, key));
  return Object.fromEntries([
    ...others.map((key) => [key, null]),
    ...Object.entries(fields).map(([key, value]) => [key, value === undefined ? null : value]),
  ]);
};

/** Documents as objects of one namespace. Needs create, patch and delete on both kinds, and create and patch on secrets. */
export const createKubernetesDocuments = (client: KubeClient, namespace: string): DocumentStore => {
  const guarded = async <T>(kind: DocumentKind, name: string, work: () => Promise<T>): Promise<T> => {
    mustBeName(name);
    try {
      return await work();
    } catch (error) {
      throw toDocumentError(error, kind, name);
    }
  };
  const get = async (kind: DocumentKind, name: string): Promise<KubeObject> =>
    await client.get(typeOf[kind], { namespace, name });
  const mustHave = (object: KubeObject, kind: DocumentKind, revision: string): void => {
    if (object.metadata.resourceVersion !== revision) {
      throw changedMeanwhile(kind, object.metadata.name ?? '');
    }
  };

  return {
    list: async (kind) => {
      const found: StoredDocument[] = [];
      let next: string | undefined;
      do {
        const more = next === undefined ? {} : { continue: next };
        const page = await client.list(typeOf[kind], { namespace, limit: pageSize, ...more });
        found.push(...page.items.map(toStored));
        next = page.metadata.continue || undefined;
      } while (next !== undefined);
      return found.sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    find: async (kind, name) => {
      if (!isObjectName(name)) {
        return undefined;
      }
      try {
        return toStored(await get(kind, name));
      } catch (error) {
        if (error instanceof KubeError && error.status === 404) {
          return undefined;
        }
        throw error;
      }
    },
    create: (kind, name, spec) =>
      guarded(kind, name, async () => {
        const { apiVersion } = typeOf[kind];
        const object = { apiVersion, kind, metadata: { name, namespace }, spec };
        return toStored(await client.create<KubeObject>(typeOf[kind], object));
      }),
    change: (kind, name, { revision, fields }) =>
      guarded(kind, name, async () => {
        const object = await get(kind, name);
        mustHave(object, kind, revision);
        const body = { metadata: { resourceVersion: revision }, spec: patchOf(object, fields) };
        return toStored(await client.mergePatch(typeOf[kind], { namespace, name }, { body }));
      }),
    remove: (kind, name, revision) =>
      guarded(kind, name, async () => {
        const object = await get(kind, name);
        mustHave(object, kind, revision);
        // The API server compares the uid: an object that was made anew meanwhile stays.
        const { uid } = object.metadata;
        await client.delete(typeOf[kind], { namespace, name }, uid === undefined ? {} : { uid });
      }),
    setSecretEntry: (name, entry, value) =>
      guarded('BackupUser', name, async () => {
        const key = { namespace, name };
        try {
          await client.mergePatch(resourceTypes.secrets, key, { body: { data: { [entry]: value } } });
        } catch (error) {
          if (!(error instanceof KubeError && error.status === 404)) {
            throw error;
          }
          const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, data: { [entry]: value } };
          await client.create<KubeObject>(resourceTypes.secrets, secret);
        }
      }),
  };
};
