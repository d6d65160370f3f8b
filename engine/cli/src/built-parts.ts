import path from 'node:path';

export interface BuiltParts {
  /** The client, which Pods run. */
  readonly backupMaker: string;
  readonly webRoot: string;
}

/**
 * Where the built parts lie; the same from the bundle in `engine/cli/dist` and from `engine/cli/src`. Only what is loaded at once
 * may import this: the chunks of the bundle lie in a folder of their own.
 */
export const builtParts: BuiltParts = {
  backupMaker: path.resolve(import.meta.dirname, '../dist/backup-maker.mjs'),
  webRoot: path.resolve(import.meta.dirname, '../../../web/dist'),
};
