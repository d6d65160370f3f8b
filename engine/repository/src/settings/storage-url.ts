import { stat } from 'node:fs/promises';
import path from 'node:path';

/** The folder that a `file:` storage URL names. Throws with words for operators. */
export const folderOfStorageUrl = async (url: string): Promise<string> => {
  const match = /^file:\/\/([^?]+)(?:\?(.*))?$/.exec(url);
  if (match === null) {
    throw new Error('The storage URL must have the form file:///folder; other storages are not supported');
  }
  const [, location = '', query = ''] = match;
  const parameters = new URLSearchParams(query);
  const known = ['create_dir', 'metadata', 'base_url', 'secret_key_path', 'prefix'];
  const unknown = [...parameters.keys()].filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new Error(`The storage URL has unknown parameters: ${unknown.join(', ')}`);
  }
  const prefix = parameters.get('prefix') ?? '';
  if (prefix !== '' && !/^([A-Za-z0-9._-]+\/)+$/.test(prefix)) {
    throw new Error('The prefix of the storage URL must be a folder and end with a slash');
  }
  const folder = path.resolve(decodeURIComponent(location));
  const exists = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!exists && !parameters.get('create_dir')) {
    throw new Error(`The storage folder ${folder} does not exist`);
  }
  return path.join(folder, prefix);
};
