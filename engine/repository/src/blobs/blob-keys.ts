import { dnsSubdomainPattern } from '@backstay/shared';
import { StorageError } from './blob-store.ts';

const filenamePattern = /^[A-Za-z0-9._-]{1,255}$/;
const stagingPattern = /^[0-9a-f-]{1,64}$/;

/** The collection and the file name of a key. Refuses everything that could leave the store or mean two things. */
export const splitKey = (key: string): [collection: string, filename: string] => {
  const [collection = '', filename = '', ...rest] = key.split('/');
  const valid =
    rest.length === 0 &&
    collection.length <= 253 &&
    dnsSubdomainPattern.test(collection) &&
    filenamePattern.test(filename) &&
    !/^\.+$/.test(filename);
  if (!valid) {
    throw new StorageError('invalid-key', 'the name cannot be used in the storage');
  }
  return [collection, filename];
};

export const blobKey = (collection: string, filename: string): string => `${collection}/${filename}`;

export const checkStagingId = (id: string): string => {
  if (!stagingPattern.test(id)) {
    throw new StorageError('invalid-key', 'the name cannot be used in the storage');
  }
  return id;
};
