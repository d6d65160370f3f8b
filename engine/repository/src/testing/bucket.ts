import { openS3Blobs } from '../blobs/s3/open-s3-blobs.ts';
import { parseStorageUrl } from '../settings/storage-url.ts';
import type { S3TestServer } from './s3-server.ts';

/** Everything that a bucket holds, by kind. */
export const blobsOf = async (
  server: S3TestServer,
): Promise<{ keys: string[]; staged: string[]; multiparts: string[] }> => {
  const location = parseStorageUrl(server.url());
  if (location.kind !== 's3') {
    throw new Error('The bucket has no S3 URL');
  }
  const blobs = openS3Blobs(location, { credentials: server.credentials });
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
