import type { BlobStore } from '../blobs/blob-store.ts';
import { openFilesystemBlobs } from '../blobs/filesystem-blob-store.ts';
import type { S3Credentials } from '../blobs/s3/open-s3-blobs.ts';
import { checkFolder, parseStorageUrl } from './storage-url.ts';

export interface StorageSettings {
  readonly storageUrl: string;
  readonly useGoogleCloud: boolean;
  readonly storageMinFree: number;
  readonly storageMemory: number;
}

/** The names that the SDK of the old server knew beside today's. Undefined: the standard chain finds them, or not. */
export const s3Credentials = (env: NodeJS.ProcessEnv): S3Credentials | undefined => {
  const accessKeyId = env['AWS_ACCESS_KEY_ID'] || env['AWS_ACCESS_KEY'];
  const secretAccessKey = env['AWS_SECRET_ACCESS_KEY'] || env['AWS_SECRET_KEY'];
  const sessionToken = env['AWS_SESSION_TOKEN'];
  return accessKeyId && secretAccessKey
    ? { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) }
    : undefined;
};

/** Opens what the storage URL names. Throws with words for operators. */
export const openStorage = async (settings: StorageSettings, env: NodeJS.ProcessEnv): Promise<BlobStore> => {
  const location = parseStorageUrl(settings.storageUrl, { googleCloud: settings.useGoogleCloud });
  if (location.kind === 'folder') {
    await checkFolder(location);
    return await openFilesystemBlobs(location.folder, { minFreeBytes: settings.storageMinFree });
  }
  // Its library takes time and memory that a server on files should not spend.
  const { openS3Blobs } = await import('../blobs/s3/open-s3-blobs.ts');
  return openS3Blobs(location, { credentials: s3Credentials(env), memory: settings.storageMemory });
};
