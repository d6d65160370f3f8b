import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { createKeyedMutex } from '@backstay/shared';
import { type Document, isMap, isScalar, parseDocument, stringify } from 'yaml';
import { removeFileDurably, writeFileAtomically } from './atomic-file.ts';
import { type ConfigurationFolders, hasErrorCode, readDocumentText } from './configuration-folders.ts';
import {
  changedMeanwhile,
  DocumentError,
  type DocumentKind,
  type DocumentStore,
  type StoredDocument,
} from './document-store.ts';
import { specOf } from './documents.ts';
import { MisconfiguredError } from './misconfigured-error.ts';
import { isObjectName } from './object-names.ts';
import { parseYamlDocument } from './yaml-document.ts';

const apiVersion = 'backups.riotkit.org/v1alpha1';
const suffix = '.yaml';
const revisionOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);

/** The spelling that the document uses; files may write field names in any case. */
const keyIn = (document: Document, name: string): string => {
  const spec: unknown = document.get('spec', true);
  const keys = isMap(spec) ? spec.items.map((pair) => (isScalar(pair.key) ? String(pair.key.value) : '')) : [];
  return keys.includes(name) ? name : (keys.find((key) => key.toLowerCase() === name.toLowerCase()) ?? name);
};

/** Comments, order and foreign fields stay as they are. */
const withFields = (text: string, fields: Readonly<Record<string, unknown>>): string => {
  const document = parseDocument(text, { schema: 'core' });
  for (const [name, value] of Object.entries(fields)) {
    const at = ['spec', keyIn(document, name)];
    if (value === undefined) {
      document.deleteIn(at);
    } else {
      document.setIn(at, document.createNode(value));
    }
  }
  return document.toString();
};

const refusal = (error: unknown, label: string): unknown =>
  hasErrorCode(error, 'EROFS', 'EACCES', 'EPERM')
    ? new DocumentError('read-only', `${label} cannot be written: the folder of the configuration is read-only`, error)
    : error;

const emptySecret = (name: string): string =>
  stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, data: {} });

const withSecretEntry = (text: string, label: string, [entry, value]: [string, string]): string => {
  const document = parseDocument(text, { schema: 'core' });
  if (document.errors.length > 0) {
    throw new MisconfiguredError(`${label} is no YAML document`);
  }
  document.setIn(['data', entry], value);
  return document.toString();
};

const fileOf = (folder: string, name: string): string => {
  if (!isObjectName(name)) {
    throw new DocumentError('invalid', 'the name must hold only a-z, 0-9, dots and dashes');
  }
  return path.join(folder, `${name}${suffix}`);
};
const textOf = async (folder: string, name: string): Promise<string | undefined> =>
  isObjectName(name) ? await readDocumentText(fileOf(folder, name), `${path.basename(folder)}/${name}`) : undefined;

const stored = (name: string, text: string): StoredDocument => ({
  name,
  spec: specOf(parseYamlDocument(text, name)),
  revision: revisionOf(text),
});

/** A document that cannot be read is listed nevertheless: hiding it would hide the fault. */
const readLeniently = (name: string, text: string): StoredDocument => {
  try {
    return stored(name, text);
  } catch (error) {
    if (error instanceof MisconfiguredError) {
      return { name, spec: {}, revision: revisionOf(text) };
    }
    throw error;
  }
};

const listAll = async (folder: string): Promise<StoredDocument[]> => {
  const files = await readdir(folder).catch((error: unknown) => {
    if (hasErrorCode(error, 'ENOENT')) {
      return [];
    }
    throw error;
  });
  const names = files.filter((file) => file.endsWith(suffix)).map((file) => file.slice(0, -suffix.length));
  const found: StoredDocument[] = [];
  for (const name of names.filter(isObjectName).sort()) {
    const text = await textOf(folder, name);
    if (text !== undefined) {
      found.push(readLeniently(name, text));
    }
  }
  return found;
};

/** Documents as files. Changes of several processes to one file at the same instant are not kept apart: let one write. */
export const createFilesystemDocuments = (folders: ConfigurationFolders): DocumentStore => {
  const mutex = createKeyedMutex();

  const read = async (kind: DocumentKind, name: string): Promise<(StoredDocument & { text: string }) | undefined> => {
    const text = await textOf(folders[kind], name);
    return text === undefined
      ? undefined
      : { name, spec: specOf(parseYamlDocument(text, `${kind} ${name}`)), revision: revisionOf(text), text };
  };
  const must = async (kind: DocumentKind, name: string, revision: string): Promise<string> => {
    const found = await read(kind, name);
    if (found === undefined) {
      throw new DocumentError('absent', `there is no ${kind} ${name}`);
    }
    if (found.revision !== revision) {
      throw changedMeanwhile(kind, name);
    }
    return found.text;
  };
  const exclusively = async <T>(folder: string, name: string, work: (file: string) => Promise<T>): Promise<T> => {
    const file = fileOf(folder, name);
    return await mutex.run(file, async () => {
      try {
        return await work(file);
      } catch (error) {
        throw refusal(error, name);
      }
    });
  };
  return {
    list: (kind) => listAll(folders[kind]),
    find: async (kind, name) => {
      const found = await read(kind, name);
      return found && { name, spec: found.spec, revision: found.revision };
    },
    create: (kind, name, spec) =>
      exclusively(folders[kind], name, async (file) => {
        const text = stringify({ apiVersion, kind, metadata: { name }, spec });
        try {
          await writeFileAtomically(file, text, { create: true });
        } catch (error) {
          throw hasErrorCode(error, 'EEXIST') ? new DocumentError('exists', `${kind} ${name} exists already`) : error;
        }
        return stored(name, text);
      }),
    change: (kind, name, { revision, fields }) =>
      exclusively(folders[kind], name, async (file) => {
        const text = withFields(await must(kind, name, revision), fields);
        await writeFileAtomically(file, text, { create: false });
        return stored(name, text);
      }),
    remove: (kind, name, revision) =>
      exclusively(folders[kind], name, async (file) => {
        await must(kind, name, revision);
        await removeFileDurably(file);
      }),
    setSecretEntry: (name, entry, value) =>
      exclusively(folders.Secret, name, async (file) => {
        const text = await textOf(folders.Secret, name);
        const changed = withSecretEntry(text ?? emptySecret(name), `Secret ${name}`, [entry, value]);
        await writeFileAtomically(file, changed, { create: text === undefined });
      }),
  };
};
