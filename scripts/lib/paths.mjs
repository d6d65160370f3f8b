import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
/** Folder for stamps and locks of the set-up; never committed. */
export const cache = path.join(root, '.cache');
