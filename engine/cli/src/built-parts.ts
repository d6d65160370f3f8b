import path from 'node:path';

/** Where the built parts lie; the same from the bundle in `engine/cli/dist` and from `engine/cli/src`. */
export const builtParts = {
  backupMaker: path.resolve(import.meta.dirname, '../dist/backup-maker.mjs'),
  webRoot: path.resolve(import.meta.dirname, '../../../web/dist'),
};
