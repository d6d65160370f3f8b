import { open } from 'node:fs/promises';
import path from 'node:path';
import type { DocumentKind } from './document-store.ts';
import { MisconfiguredError } from './misconfigured-error.ts';

const maxDocumentBytes = 1024 * 1024;

export type ConfigurationFolders = Readonly<Record<DocumentKind | 'Secret', string>>;

/** `<root>/<namespace>/<group>/<version>/<plural>`, as the old server laid it out. */
export const configurationFolders = (root: string, namespace: string): ConfigurationFolders => {
  const base = path.join(root, namespace);
  const resources = path.join(base, 'backups.riotkit.org', 'v1alpha1');
  return {
    BackupUser: path.join(resources, 'backupusers'),
    BackupCollection: path.join(resources, 'backupcollections'),
    Secret: path.join(base, 'v1', 'secrets'),
  };
};

export const hasErrorCode = (error: unknown, ...codes: string[]): boolean =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code));

/** Undefined: there is no such file. */
export const readDocumentText = async (file: string, label: string): Promise<string | undefined> => {
  try {
    await using handle = await open(file, 'r');
    const { size } = await handle.stat();
    if (size > maxDocumentBytes) {
      throw new MisconfiguredError(`${label} is larger than ${maxDocumentBytes} bytes`);
    }
    return await handle.readFile('utf8');
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'ENAMETOOLONG')) {
      return undefined;
    }
    throw error;
  }
};
