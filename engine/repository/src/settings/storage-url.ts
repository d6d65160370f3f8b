import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { S3Location } from '../blobs/s3/open-s3-blobs.ts';

/** Where backups are kept. Undefined members have a default that the storage knows. */
export type StorageLocation = { kind: 'folder'; folder: string; create: boolean } | ({ kind: 's3' } & S3Location);

const fileParameters = ['create_dir', 'metadata', 'base_url', 'secret_key_path', 'prefix'];
const s3Parameters = ['region', 'endpoint', 'disableSSL', 's3ForcePathStyle', 'profile', 'awssdk', 'prefix'];

/** The spellings of the old server. */
const booleans: Record<string, boolean> = {
  ...Object.fromEntries(['1', 't', 'T', 'TRUE', 'true', 'True'].map((word) => [word, true])),
  ...Object.fromEntries(['0', 'f', 'F', 'FALSE', 'false', 'False'].map((word) => [word, false])),
};

const parametersOf = (query: string, known: readonly string[]): Map<string, string> => {
  const found = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    if (!known.includes(name)) {
      throw new Error(`The storage URL has an unknown parameter: ${name}. It may have: ${known.join(', ')}`);
    }
    if (found.has(name)) {
      throw new Error(`The storage URL has the parameter ${name} twice`);
    }
    found.set(name, value);
  }
  return found;
};

const flag = (parameters: Map<string, string>, name: string): boolean => {
  const value = parameters.get(name);
  const result = value === undefined ? false : booleans[value];
  if (result === undefined) {
    throw new Error(`The parameter ${name} of the storage URL must be true or false`);
  }
  return result;
};

const orNone = (value: string | undefined): string | undefined => (value === '' ? undefined : value);

const folderLocation = (location: string, query: string): StorageLocation => {
  const parameters = parametersOf(query, fileParameters);
  const prefix = parameters.get('prefix') ?? '';
  const segments = prefix.split('/').slice(0, -1);
  if (prefix !== '' && (!/^([A-Za-z0-9._-]+\/)+$/.test(prefix) || segments.some((name) => /^\.+$/.test(name)))) {
    throw new Error('The prefix of a file: storage URL must be a folder and end with a slash');
  }
  const metadata = parameters.get('metadata') ?? '';
  if (!['', 'skip'].includes(metadata)) {
    throw new Error('The parameter metadata of the storage URL can only be: skip');
  }
  const folder = path.resolve(decodeURIComponent(location), prefix);
  return { kind: 'folder', folder, create: (parameters.get('create_dir') ?? '') !== '' };
};

const endpointOf = (parameters: Map<string, string>, tls: boolean): string | undefined => {
  const given = orNone(parameters.get('endpoint'));
  if (given === undefined) {
    return undefined;
  }
  const url = /^https?:\/\//.test(given) ? given : `${tls ? 'https' : 'http'}://${given}`;
  const parsed = URL.parse(url);
  if (parsed === null || parsed.hostname === '' || parsed.search !== '' || parsed.username !== '') {
    throw new Error('The endpoint of the storage URL must be host:port or an address such as https://host:port');
  }
  return url;
};

const s3Location = (bucket: string, query: string): StorageLocation => {
  const parameters = parametersOf(query, s3Parameters);
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/.test(bucket)) {
    throw new Error('An s3: storage URL must name a bucket, such as s3://backups?region=eu-central-1');
  }
  if (!['v1', 'v2', undefined].includes(parameters.get('awssdk'))) {
    throw new Error('The parameter awssdk of the storage URL can only be v1 or v2; it makes no difference here');
  }
  const prefix = parameters.get('prefix') ?? '';
  if (!/^[A-Za-z0-9!_.*'()/-]{0,256}$/.test(prefix)) {
    throw new Error("The prefix of an s3: storage URL may have letters, digits and / ! - _ . * ' ( ), 256 at most");
  }
  const tls = !flag(parameters, 'disableSSL');
  return {
    kind: 's3',
    bucket,
    prefix,
    region: orNone(parameters.get('region')),
    endpoint: endpointOf(parameters, tls),
    tls,
    forcePathStyle: flag(parameters, 's3ForcePathStyle'),
    profile: orNone(parameters.get('profile')),
  };
};

const googleHelp =
  'Google Cloud Storage cannot be used directly: it offers neither conditional completion nor copies of parts by the S3 ' +
  'protocol. Put an S3 gateway before the bucket and name that, as s3://bucket?endpoint=gateway:port&s3ForcePathStyle=true';

/** What a storage URL names. Throws with words for operators; what it says of the URL holds no values. */
export const parseStorageUrl = (url: string, options: { googleCloud?: boolean } = {}): StorageLocation => {
  if (options.googleCloud === true || url.startsWith('gs:')) {
    throw new Error(googleHelp);
  }
  const [, scheme, location = '', query = ''] = /^(file|s3):\/\/([^?#]+)(?:\?([^#]*))?$/.exec(url) ?? [];
  if (scheme === undefined) {
    throw new Error('The storage URL must have the form file:///folder or s3://bucket?region=name');
  }
  return scheme === 's3' ? s3Location(location.replace(/\/$/, ''), query) : folderLocation(location, query);
};

/** Throws when the folder is missing and must not be made. */
export const checkFolder = async ({ folder, create }: { folder: string; create: boolean }): Promise<void> => {
  const exists = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!exists && !create) {
    throw new Error(`The storage folder ${folder} does not exist`);
  }
};
