import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { configurationFolders, readDocumentText } from './configuration-folders.ts';
import type { ConfigurationProvider } from './configuration-provider.ts';
import { readCollection, readSecretEntry, readUser } from './documents.ts';
import { createFilesystemDocuments } from './filesystem-documents.ts';
import { isObjectName } from './object-names.ts';
import { parseYamlDocument } from './yaml-document.ts';

/** Users, collections and secrets as files: `<root>/<namespace>/<group>/<version>/<plural>/<name>.yaml`. */
export const createFilesystemProvider = (root: string, namespace: string): ConfigurationProvider => {
  const folders = configurationFolders(root, namespace);

  const readObject = async (folder: string, name: string): Promise<unknown> => {
    if (!isObjectName(name)) {
      return undefined;
    }
    const label = `${path.basename(folder)}/${name}`;
    const text = await readDocumentText(path.join(folder, `${name}.yaml`), label);
    return text === undefined ? undefined : parseYamlDocument(text, label);
  };

  return {
    documents: createFilesystemDocuments(folders),
    user: async (name) => {
      const found = await readObject(folders.BackupUser, name);
      return found === undefined ? undefined : readUser(found, name);
    },
    collection: async (name) => {
      const found = await readObject(folders.BackupCollection, name);
      return found === undefined ? undefined : readCollection(found, name);
    },
    secretEntry: async (name, entry) => {
      const found = await readObject(folders.Secret, name);
      return found === undefined ? undefined : readSecretEntry(found, name, entry);
    },
    check: async () => {
      try {
        await readdir(path.dirname(folders.BackupUser));
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
        throw new Error(`The folder of the configuration cannot be read (${code})`, { cause: error });
      }
    },
  };
};
