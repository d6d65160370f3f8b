import fs from 'node:fs';
import path from 'node:path';
import type { Plugin } from 'esbuild';
import { buildClient, buildServer } from '../../../../scripts/lib/server-bundles.mjs';
import { usingClient } from '../../harness/client-process.ts';
import { RepositoryProcess } from '../../harness/repository-process.ts';

const root = path.resolve(import.meta.dirname, '../../../..');

/** One place of the code that becomes another on the way into a bundle; the sources stay as they are. */
export interface CodeChange {
  /** Below the root of the project. */
  readonly file: string;
  /** Must stand in the file exactly once. */
  readonly code: string;
  readonly instead: string;
}

const programs = {
  server: { bundle: 'backstay.mjs', build: buildServer, using: RepositoryProcess.using },
  client: { bundle: 'backup-maker.mjs', build: buildClient, using: usingClient },
} as const;

export type Program = keyof typeof programs;

const inForce: Record<Program, readonly CodeChange[]> = { server: [], client: [] };

function apply(changes: readonly CodeChange[]): Map<string, string> {
  const contents = new Map<string, string>();
  for (const { file, code, instead } of changes) {
    const full = path.join(root, file);
    const source = contents.get(full) ?? fs.readFileSync(full, 'utf8');
    if (source.split(code).length !== 2) {
      throw new Error(`This stands in ${file} not exactly once any more, adapt the change to the code: ${code}`);
    }
    contents.set(
      full,
      source.replace(code, () => instead),
    );
  }
  return contents;
}

function pluginOf(contents: ReadonlyMap<string, string>): Plugin {
  return {
    name: 'code-changes',
    setup: (build) =>
      build.onLoad({ filter: /\.ts$/ }, (args) => {
        const changed = contents.get(args.path);
        return changed === undefined ? undefined : { contents: changed, loader: 'ts' };
      }),
  };
}

/**
 * While `work` runs, the program that is started is another build, beside the real one and gone in the end, with these changes
 * and those that are in force already. Rejects when the code no longer looks as a change expects.
 */
export async function usingChanged(
  program: Program,
  changes: readonly CodeChange[],
  work: () => Promise<void>,
): Promise<void> {
  const before = inForce[program];
  const all = [...before, ...changes];
  const plugin = pluginOf(apply(all));
  const { bundle, build, using } = programs[program];
  // Beside the real one, where its packages are found.
  const folder = fs.mkdtempSync(path.join(root, 'engine/cli/dist-planted-'));
  try {
    await build(folder, [plugin]);
    inForce[program] = all;
    await using(path.join(folder, bundle), work);
  } finally {
    inForce[program] = before;
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
