import fs from 'node:fs';
import path from 'node:path';
import { writeDurably } from '../kept-values.ts';

/**
 * Makes the folder that Pods find `backup-maker` and `bmg` in. Returns its path.
 *
 * bash, not sh: scripts hand functions to their dump command through the environment, which dash would drop.
 */
export function makeToolFolder(home: string, backupMaker: string): string {
  const folder = path.join(home, 'bin');
  for (const name of ['backup-maker', 'bmg']) {
    const file = path.join(folder, name);
    const prefix = name === 'bmg' ? ' procedure' : '';
    writeDurably(file, `#!/usr/bin/env bash\nexec ${quote(process.execPath)} ${quote(backupMaker)}${prefix} "$@"\n`);
    fs.chmodSync(file, 0o755);
  }
  return folder;
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
