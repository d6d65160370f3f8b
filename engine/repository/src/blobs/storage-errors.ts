import { StorageError } from './blob-store.ts';

export const errorCode = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';

const messages: Record<string, string> = {
  ENOSPC: 'no space left on the storage',
  EDQUOT: 'the quota of the storage is used up',
  EIO: 'the storage reported an input/output error',
  EROFS: 'the storage is read-only',
  EACCES: 'the storage refused access',
};

/** Runs a file operation; its failure becomes a StorageError that names no path. */
export const guarded = async <T>(run: () => Promise<T>): Promise<T> => {
  try {
    return await run();
  } catch (error) {
    if (error instanceof StorageError) {
      throw error;
    }
    const code = errorCode(error);
    const full = code === 'ENOSPC' || code === 'EDQUOT';
    throw new StorageError(full ? 'full' : 'failed', messages[code] ?? `the storage failed (${code})`, error);
  }
};

/** The value, or undefined when the file is not there. */
export const ifPresent = async <T>(run: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await run();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error))) {
      return undefined;
    }
    throw error;
  }
};
