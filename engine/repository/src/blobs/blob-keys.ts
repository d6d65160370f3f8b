import { dnsSubdomainPattern } from '@backstay/shared';
import { StorageError } from './blob-store.ts';

/** The old server keeps descriptions in `.attrs` files. */
const filenamePattern = /^(?!.*\.attrs$)[A-Za-z0-9._-]{1,255}$/;
const stagingPattern = /^[0-9a-f-]{1,64}$/;
const maxSegmentBytes = 255;
const maxKeyBytes = 1024;

const invalidKey = (): StorageError => new StorageError('invalid-key', 'the name cannot be used in the storage');

const isCollection = (name: string): boolean => name.length <= 253 && dnsSubdomainPattern.test(name);

/** The collection and the file name of a key to write. Refuses everything that could leave the store or mean two things. */
export const splitKey = (key: string): [collection: string, filename: string] => {
  const [collection = '', filename = '', ...rest] = key.split('/');
  if (rest.length > 0 || !isCollection(collection) || !filenamePattern.test(filename) || /^\.+$/.test(filename)) {
    throw invalidKey();
  }
  return [collection, filename];
};

/** The old server hid a few characters of a key as `__0x2f__`, so that files and buckets could take it. */
const escapeOldKey = (key: string): string => {
  const letters = [...key];
  const isHidden = (at: number): boolean => {
    const letter = letters[at] ?? '';
    if (letter !== '/') {
      return letter < ' ';
    }
    const afterDots = at > 1 && letters[at - 1] === '.' && letters[at - 2] === '.';
    return afterDots || letters[at - 1] === '/' || at === letters.length - 1;
  };
  return letters
    .map((letter, at) => (isHidden(at) ? `__0x${(letter.codePointAt(0) ?? 0).toString(16)}__` : letter))
    .join('');
};

/**
 * Where a key to read or to delete lies, as the segments of a path. Beside the keys of {@link splitKey} these are what the
 * old server made of freer templates, with slashes, blanks and quotes. No segment is empty, `.` or `..`.
 */
export const segmentsOfKey = (key: string): string[] => {
  const [collection = '', ...rest] = escapeOldKey(key).split('/');
  const usable = (segment: string): boolean =>
    !/^\.{0,2}$/.test(segment) && !segment.includes('\0') && Buffer.byteLength(segment) <= maxSegmentBytes;
  const attributes = rest.at(-1)?.endsWith('.attrs') ?? false;
  const fits = Buffer.byteLength(key) <= maxKeyBytes && key.isWellFormed();
  if (!fits || !isCollection(collection) || rest.length === 0 || attributes || !rest.every(usable)) {
    throw invalidKey();
  }
  return [collection, ...rest];
};

export const blobKey = (collection: string, filename: string): string => `${collection}/${filename}`;

export const checkStagingId = (id: string): string => {
  if (!stagingPattern.test(id)) {
    throw invalidKey();
  }
  return id;
};
