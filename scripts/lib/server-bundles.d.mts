import type { Plugin } from 'esbuild';

/** Writes the `backstay` bundle and its chunks into `out`. `plugins` may change what is built. */
export declare const buildServer: (out: string, plugins?: readonly Plugin[]) => Promise<unknown>;
/** Writes the client: one file that can be copied into any container. */
export declare const buildClient: (out: string, plugins?: readonly Plugin[]) => Promise<unknown>;
/** Writes the client as `backup-maker.cjs`, for a self-contained executable. */
export declare const buildExecutableProgram: (out: string) => Promise<unknown>;
