import fs from 'node:fs';
import path from 'node:path';
import { buildServer } from '../../../../scripts/lib/server-bundles.mjs';

const root = path.resolve(import.meta.dirname, '../../../..');

/** A mistake that a person could make, put into the real code on the way into a bundle. */
export interface PlantedBug {
  readonly name: string;
  /** Below the root of the project. */
  readonly file: string;
  /** Must stand in the file exactly once. */
  readonly code: string;
  readonly instead: string;
  /** The fault case that must notice. */
  readonly noticedBy: string;
}

interface LoadedFile {
  contents: string;
  loader: 'ts';
}

/** Builds the server with the bug. The caller removes the folder. Rejects when the code no longer looks as the bug expects. */
export async function buildWithBug(bug: PlantedBug): Promise<{ folder: string; command: string }> {
  const file = path.join(root, bug.file);
  const source = fs.readFileSync(file, 'utf8');
  if (source.split(bug.code).length !== 2) {
    throw new Error(`The planted bug "${bug.name}" does not fit ${bug.file} any more: adapt it to the code`);
  }
  const contents = source.replace(bug.code, () => bug.instead);
  // Beside the real one, where its packages are found.
  const folder = fs.mkdtempSync(path.join(root, 'engine/cli/dist-planted-'));
  const plant = {
    name: 'planted-bug',
    setup: (build: {
      onLoad(filter: { filter: RegExp }, load: (args: { path: string }) => LoadedFile | undefined): void;
    }) => build.onLoad({ filter: /\.ts$/ }, (args) => (args.path === file ? { contents, loader: 'ts' } : undefined)),
  };
  await buildServer(folder, [plant]);
  return { folder, command: path.join(folder, 'backstay.mjs') };
}
