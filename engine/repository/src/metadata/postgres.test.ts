import { execFileSync } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '@backstay/kubernetes/testing/free-port';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { marksConformance } from './marks-conformance.ts';
import { metadataConformance } from './metadata-conformance.ts';
import { openPostgresMetadata } from './postgres.ts';

const canRun = (command: string): boolean => {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** PostgreSQL refuses to run as root. */
const asServer = (command: string, args: string[]): void => {
  const isRoot = process.getuid?.() === 0;
  const [file, all] = isRoot ? ['runuser', ['-u', 'postgres', '--', command, ...args]] : [command, args];
  execFileSync(file, all, { stdio: 'ignore', cwd: tmpdir() });
};

const available = canRun('initdb') && canRun('pg_ctl');

describe.skipIf(!available)(`PostgreSQL${available ? '' : ' (needs initdb and pg_ctl)'}`, () => {
  let folder = '';
  let port = 0;
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'backstay-postgres-'));
    port = await freePort();
    if (process.getuid?.() === 0) {
      const uid = Number(execFileSync('id', ['-u', 'postgres']).toString());
      chownSync(folder, uid, uid);
    }
    const data = path.join(folder, 'data');
    asServer('initdb', ['-D', data, '-U', 'backstay', '-A', 'trust', '-N']);
    const options = `-c listen_addresses=127.0.0.1 -c port=${port} -c unix_socket_directories=${folder} -c fsync=off`;
    asServer('pg_ctl', ['-D', data, '-w', '-o', options, '-l', path.join(folder, 'log'), 'start']);
  });
  afterAll(() => {
    asServer('pg_ctl', ['-D', path.join(folder, 'data'), '-m', 'immediate', 'stop']);
    rmSync(folder, { recursive: true, force: true });
  });

  const open = () =>
    openPostgresMetadata({
      host: '127.0.0.1',
      port,
      user: 'backstay',
      password: '',
      database: 'postgres',
      onError: () => undefined,
    });

  metadataConformance('PostgreSQL', open);
  marksConformance('PostgreSQL', open);

  it('migrates once, however many servers start', async () => {
    const stores = await Promise.all([open(), open(), open()]);
    await Promise.all(stores.map((store) => store.check()));
    await Promise.all(stores.map((store) => store.close()));
  });
});
