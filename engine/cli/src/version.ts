import { releaseSet } from './release-set.gen.ts';

/** Version of Backstay, as in release.yaml and the workspace's package files. */
export const version: string = releaseSet.release;
