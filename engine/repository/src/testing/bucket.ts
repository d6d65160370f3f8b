import { openS3Blobs } from '../blobs/s3/open-s3-blobs.ts';
import type { S3BlobStore } from '../blobs/s3/s3-blob-store.ts';
import { parseStorageUrl } from '../settings/storage-url.ts';
import type { S3TestServer } from './s3-server.ts';

const day = 24 * 3_600_000;

const openBucket = (server: S3TestServer): S3BlobStore => {
  const location = parseStorageUrl(server.url());
  if (location.kind !== 's3') {
    throw new Error('The bucket has no S3 URL');
  }
  return openS3Blobs(location, { credentials: server.credentials });
};

/** Does what the server does a day from now, when it gives up what nobody can know of any more. */
export const sweepTomorrow = (server: S3TestServer): Promise<void> =>
  openBucket(server).sweep(new Date(Date.now() + day));

/** Everything that a bucket holds, by kind. */
export const blobsOf = async (
  server: S3TestServer,
): Promise<{ keys: string[]; staged: string[]; multiparts: string[] }> => {
  const blobs = openBucket(server);
  const keys: string[] = [];
  for await (const { key } of blobs.list()) {
    keys.push(key);
  }
  const multiparts: string[] = [];
  for await (const { key } of blobs.requests.listMultiparts('')) {
    multiparts.push(key);
  }
  return { keys, staged: (await blobs.listStaged()).map(({ id }) => id), multiparts };
};
