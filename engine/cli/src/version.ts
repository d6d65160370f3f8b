import manifest from '../package.json' with { type: 'json' };

/** Version of Backstay, as in the workspace's package files. */
export const version: string = manifest.version;
