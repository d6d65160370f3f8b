import { open, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { ConfigurationProvider } from './configuration-provider.ts';
import { readCollection, readSecretEntry, readUser } from './documents.ts';
import { MisconfiguredError } from './misconfigured-error.ts';
import { isObjectName } from './object-names.ts';
import { parseYamlDocument } from './yaml-document.ts';

const maxDocumentBytes = 1024 * 1024;

const hasErrorCode = (error: unknown, ...codes: string[]): boolean =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code));

const readText = async (file: string, label: string): Promise<string> => {
  await using handle = await open(file, 'r');
  const { size } = await handle.stat();
  if (size > maxDocumentBytes) {
    throw new MisconfiguredError(`${label} is larger than ${maxDocumentBytes} bytes`);
  }
  return await handle.readFile('utf8');
};

/** Users, collections and secrets as files: `<root>/<namespace>/<group>/<version>/<plural>/<name>.yaml`. */
export const createFilesystemProvider = (root: string, namespace: string): ConfigurationProvider => {
  const base = path.join(root, namespace);
  const resources = path.join(base, 'backups.riotkit.org', 'v1alpha1');

  const readObject = async (folder: string, name: string): Promise<unknown> => {
    if (!isObjectName(name)) {
      return undefined;
    }
    const label = `${path.basename(folder)}/${name}`;
    try {
      return parseYamlDocument(await readText(path.join(folder, `${name}.yaml`), label), label);
    } catch (error) {
      if (hasErrorCode(error, 'ENOENT', 'ENAMETOOLONG')) {
        return undefined;
      }
      throw error;
    }
  };

  return {
    user: async (name) => {
      const found = await readObject(path.join(resources, 'backupusers'), name);
      return found === undefined ? undefined : readUser(found, name);
    },
    collection: async (name) => {
      const found = await readObject(path.join(resources, 'backupcollections'), name);
      return found === undefined ? undefined : readCollection(found, name);
    },
    secretEntry: async (name, entry) => {
      const found = await readObject(path.join(base, 'v1', 'secrets'), name);
      return found === undefined ? undefined : readSecretEntry(found, name, entry);
    },
    check: async () => {
      try {
        await readdir(resources);
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
        throw new Error(`The folder of the configuration cannot be read (${code})`, { cause: error });
      }
    },
  };
};
