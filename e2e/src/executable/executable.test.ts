import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GpgKey } from '../harness/gpg-key.ts';
import { RepositoryProcess } from '../harness/repository-process.ts';
import { BareRoot } from './bare-root.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const collection = 'bare';
const busybox = {
  file: '/bin/busybox',
  names: ['busybox', 'sh', 'env', 'cat', 'head', 'ls', 'readlink', 'sleep', 'touch'],
};
const canEnter = spawnSync('unshare', ['--user', '--map-root-user', '--mount', '--pid', '--fork', 'true']).status === 0;
const able = process.env['CI'] === 'true' || (fs.existsSync(busybox.file) && fs.existsSync('/usr/bin/gcc') && canEnter);

let repository: RepositoryProcess;
let key: GpgKey;
let variables: NodeJS.ProcessEnv;
let work: string;

beforeAll(async () => {
  repository = await RepositoryProcess.start({ [collection]: {} });
  key = new GpgKey();
  work = fs.mkdtempSync(path.join(os.tmpdir(), 'executable-'));
  const token = await repository.login();
  variables = { BM_URL: repository.url, BM_COLLECTION_ID: collection, BM_AUTH_TOKEN: token, BM_TIMEOUT: '20' };
});
afterAll(async () => {
  key?.[Symbol.dispose]();
  await repository?.[Symbol.asyncDispose]();
  fs.rmSync(work, { recursive: true, force: true });
});

const keys = (publicPath: string, privatePath: string) => ({
  BM_PUBLIC_KEY_PATH: publicPath,
  BM_PRIVATE_KEY_PATH: privatePath,
  BM_RECIPIENT: key.email,
});

describe('the client as one file', () => {
  it('runs alone in an empty folder, where there is a Node', () => {
    const folder = path.join(work, 'alone');
    fs.mkdirSync(folder);
    fs.copyFileSync(path.join(root, 'engine/cli/dist/backup-maker.mjs'), path.join(folder, 'backup-maker.mjs'));
    const client = (...argv: string[]) =>
      execFileSync(process.execPath, ['backup-maker.mjs', ...argv], {
        cwd: folder,
        env: { PATH: '/usr/bin:/bin', ...variables, ...keys(key.publicPath, key.privatePath) },
        stdio: ['ignore', 'pipe', 'pipe'],
      }).toString();
    client('make', '-c', 'echo one file');
    expect(client('restore', '-c', 'cat')).toBe('one file\n');
    client('download', '--save-path', 'saved');
    expect(fs.readFileSync(path.join(folder, 'saved'), 'utf8')).toBe('one file\n');
    expect(client('procedure', '--help')).toContain('backup');
    expect(fs.readdirSync(folder).sort()).toEqual(['backup-maker.mjs', 'saved']);
  });
});

describe.skipIf(!able)('the client as an executable, in a root without Node, C library and bash', () => {
  let bare: BareRoot;
  let inside: NodeJS.ProcessEnv;

  beforeAll(() => {
    const executable = path.join(work, 'backup-maker');
    execFileSync(process.execPath, [path.join(root, 'scripts/build/executable.mjs'), executable], { stdio: 'pipe' });
    bare = new BareRoot(busybox);
    bare.put(executable, 'mnt/init/backup-maker');
    fs.symlinkSync('backup-maker', path.join(bare.folder, 'mnt/init/bmg'));
    inside = {
      ...{ PATH: '/bin:/mnt/init', ...variables },
      ...keys(bare.put(key.publicPath, 'tmp/public.asc'), bare.put(key.privatePath, 'tmp/private.asc')),
    };
  });
  afterAll(() => bare?.[Symbol.dispose]());

  it('makes, restores and downloads', async () => {
    const made = await bare.run(['backup-maker', 'make', '-c', 'head -c 3000000 /bin/busybox | cat'], inside);
    expect(made).toMatchObject({ exitCode: 0, log: expect.stringContaining('msg="Version uploaded"') });
    expect(made.log).not.toMatch(/warn|error/i);
    const restored = await bare.run(['backup-maker', 'restore', '-c', 'cat > /tmp/result'], inside);
    expect(restored.exitCode, restored.log).toBe(0);
    const source = fs.readFileSync(busybox.file).subarray(0, 3_000_000);
    expect(fs.readFileSync(path.join(bare.folder, 'tmp/result')).equals(source)).toBe(true);
    const saved = await bare.run(['backup-maker', 'download', '--save-path', '/tmp/saved'], inside);
    expect(saved.exitCode, saved.log).toBe(0);
    expect(fs.readFileSync(path.join(bare.folder, 'tmp/saved')).equals(source)).toBe(true);
  });

  it('fails with a broken pipe in the shell that is there, and leaves no process', async () => {
    const made = await bare.run(['backup-maker', 'make', '-c', '(echo x; exit 5) | cat'], inside);
    expect(made).toMatchObject({ exitCode: 10, log: expect.stringContaining('exitCode=5') });
  });

  it('hands no descriptor and no library of its own to the command, and everything of the image', async () => {
    const variable = { LD_PRELOAD: '/lib/of-the-image.so' };
    const command = 'echo "preload=$LD_PRELOAD"; for one in /proc/self/fd/*; do readlink $one || true; done';
    const made = await bare.run(['backup-maker', 'make', '-c', command, '-k', ''], { ...inside, ...variable });
    expect(made.exitCode, made.log).toBe(0);
    const { stdout } = await bare.run(['backup-maker', 'restore', '-c', 'cat'], inside);
    expect(stdout).toContain('preload=/lib/of-the-image.so');
    expect(stdout).not.toContain('memfd');
    expect(made.log).not.toContain('ld.so');
  });

  it('keeps its arguments and its names', async () => {
    const run = (...argv: string[]) => bare.run(argv, inside);
    expect((await run('bmg', '--help')).stdout).toContain('Usage: bmg');
    expect((await run('/mnt/init/backup-maker', '--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    const made = await run('backup-maker', 'make', '-c', `printf '%s' "a  b'c" ''`);
    expect(made.exitCode, made.log).toBe(0);
    expect((await run('backup-maker', 'restore', '-c', 'cat')).stdout).toBe("a  b'c");
    expect((await run('backup-maker', 'make', '--bad-flag')).exitCode).toBe(2);
  });

  it('says what is missing where there is no shell', async () => {
    using empty = new BareRoot({ file: busybox.file, names: ['env'] });
    empty.put(path.join(work, 'backup-maker'), 'mnt/init/backup-maker');
    const { BM_PUBLIC_KEY_PATH: _, ...withoutKey } = inside;
    const made = await empty.run(['/mnt/init/backup-maker', 'make', '-c', 'echo x'], withoutKey);
    expect(made).toMatchObject({ exitCode: 10, log: expect.stringContaining('install bash into the image') });
  });
});
