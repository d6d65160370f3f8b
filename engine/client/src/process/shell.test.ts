import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findShell } from './shell.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shell-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const put = (name: string, script: string): void => {
  writeFileSync(join(folder, name), `#!/bin/bash\n${script}\n`);
  chmodSync(join(folder, name), 0o755);
};
const found = () => findShell({ PATH: `relative:${folder}` }, folder);

describe('the shell of commands', () => {
  it('is bash, wherever it is', () => {
    put('bash', 'exit 1');
    put('sh', 'exit 0');
    expect(found()).toEqual({ path: join(folder, 'bash'), options: ['--norc'] });
  });

  it('is another one that knows pipefail, where there is no bash', () => {
    put('sh', 'exec bash "$@"');
    expect(found()).toEqual({ path: join(folder, 'sh'), options: [] });
  });

  it('is none where a broken pipe would look whole', () => {
    expect(found()).toBeUndefined();
    put('sh', 'for one; do [ "$one" != pipefail ] || exit 2; done');
    expect(found()).toBeUndefined();
  });
});
