import fs from 'node:fs';
import path from 'node:path';
import type { Plugin } from 'esbuild';
import { buildServer } from '../../../../scripts/lib/server-bundles.mjs';

const root = path.resolve(import.meta.dirname, '../../../..');

/** One place of the code that becomes another on the way into a bundle; the sources stay as they are. */
export interface CodeChange {
  /** Below the root of the project. */
  readonly file: string;
  /** Must stand in the file exactly once. */
  readonly code: string;
  readonly instead: string;
}

/** A build of the server with changes, beside the real one, gone in the end. */
export interface ChangedServer {
  readonly command: string;
  [Symbol.dispose](): void;
}

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

/** Rejects when the code no longer looks as a change expects. */
export async function buildChangedServer(changes: readonly CodeChange[]): Promise<ChangedServer> {
  const contents = apply(changes);
  // Beside the real one, where its packages are found.
  const folder = fs.mkdtempSync(path.join(root, 'engine/cli/dist-planted-'));
  const plugin: Plugin = {
    name: 'code-changes',
    setup: (build) =>
      build.onLoad({ filter: /\.ts$/ }, (args) => {
        const changed = contents.get(args.path);
        return changed === undefined ? undefined : { contents: changed, loader: 'ts' };
      }),
  };
  await buildServer(folder, [plugin]);
  return {
    command: path.join(folder, 'backstay.mjs'),
    [Symbol.dispose]: () => fs.rmSync(folder, { recursive: true, force: true }),
  };
}
