import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface Shell {
  readonly path: string;
  /** For every script. */
  readonly options: readonly string[];
}

/** `--norc`: bash takes a socket as standard input for a remote login and would let ~/.bashrc read the backup. */
const bashOptions = ['--norc'];

/** A command fails with its first line, and with any part of a pipe, that fails. */
export const strict: readonly string[] = ['-e', '-o', 'pipefail'];

const find = (name: string, folders: readonly string[]): string | undefined =>
  folders
    .filter((folder) => folder.startsWith('/'))
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file));

/**
 * Bash, or a `sh` that can be as strict (the one of Alpine and BusyBox can). Undefined: there is none, and with any other a
 * dump that broke in the middle of a pipe would look whole.
 */
export const findShell = (environment: NodeJS.ProcessEnv, usual = '/bin'): Shell | undefined => {
  const folders = [usual, ...(environment['PATH'] ?? '').split(delimiter)];
  const bash = find('bash', folders);
  if (bash !== undefined) return { path: bash, options: bashOptions };
  const sh = find('sh', folders);
  if (sh === undefined) return undefined;
  const { status } = spawnSync(sh, [...strict, '-c', ':'], { stdio: 'ignore', env: {} });
  return status === 0 ? { path: sh, options: [] } : undefined;
};
