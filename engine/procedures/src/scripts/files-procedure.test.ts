import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createScriptBench, type ScriptBench } from '../testing/fake-client.ts';
import { describeTree } from '../testing/file-tree.ts';

const isRoot = process.getuid?.() === 0;
const nobody = 65534;

let root: string;
let target: string;
let bench: ScriptBench;

const fill = (folder: string): void => {
  mkdirSync(path.join(folder, 'sub dir', 'ünï "q" \'s\''), { recursive: true });
  writeFileSync(path.join(folder, 'sub dir', 'a b $HOME `id`.txt'), 'hello');
  writeFileSync(path.join(folder, 'new\nline'), Buffer.from([0, 255, 10]));
  writeFileSync(path.join(folder, '-dash'), 'x');
  writeFileSync(path.join(folder, 'run.sh'), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(path.join(folder, 'empty'), '');
  writeFileSync(path.join(folder, 'n'.repeat(200)), 'long');
  writeFileSync(path.join(folder, 'sparse'), '');
  truncateSync(path.join(folder, 'sparse'), 3_000_000);
  mkdirSync(path.join(folder, 'nothing in here'));
  mkdirSync(path.join(folder, 'read only'));
  writeFileSync(path.join(folder, 'read only', 'f'), 'f');
  symlinkSync('../outside', path.join(folder, 'link'));
  linkSync(path.join(folder, 'run.sh'), path.join(folder, 'hard'));
  chmodSync(path.join(folder, 'read only'), 0o555);
  lutimesSync(path.join(folder, 'link'), 1_500_000_000.25, 1_500_000_000.25);
  lutimesSync(path.join(folder, 'sub dir'), 1_600_000_000.123456, 1_600_000_000.123456);
  lutimesSync(folder, 1_400_000_000.5, 1_400_000_000.5);
};

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'files-procedure-'));
  chmodSync(root, 0o777);
  target = path.join(root, "the folder's");
  mkdirSync(target);
  fill(target);
  bench = createScriptBench(path.join(root, 'bench'), 'files');
});

afterEach(() => {
  execFileSync('chmod', ['-R', 'u+rwX', root]);
  rmSync(root, { recursive: true, force: true });
});

const backUp = async (extra: Record<string, string> = {}): Promise<void> => {
  const run = await bench.run('backup', { BM_PARAM_PATH: target, ...extra });
  expect(run.stderr).toContain('entries read');
  expect(run.code).toBe(0);
};

describe('a folder', () => {
  it('comes back with every byte, mode, link and time, and without what was added', async () => {
    const before = describeTree(target);
    await backUp();
    rmSync(path.join(target, 'sub dir'), { recursive: true });
    writeFileSync(path.join(target, 'added'), 'x');
    writeFileSync(path.join(target, 'run.sh'), 'changed');
    const run = await bench.run('restore', { BM_PARAM_PATH: target });
    expect(run).toMatchObject({ code: 0 });
    expect(describeTree(target)).toEqual(before);
    expect(existsSync(`${target}.backstay-restore`)).toBe(false);
  });

  it('comes back when it is gone, and into another place', async () => {
    const before = describeTree(target);
    await backUp();
    renameSync(target, `${target}.away`);
    expect(await bench.run('restore', { BM_PARAM_PATH: target })).toMatchObject({ code: 0 });
    expect(describeTree(target)).toEqual(before);
    const other = path.join(root, 'deep', 'er', 'place');
    expect(await bench.run('restore', { BM_PARAM_PATH: other })).toMatchObject({ code: 0 });
    expect(describeTree(other)).toEqual(before);
  });

  it.runIf(isRoot && existsSync('/usr/bin/setfacl') && existsSync('/usr/bin/setfattr'))(
    'comes back with access control lists and extended attributes (needs setfacl and setfattr)',
    async () => {
      const file = path.join(target, 'sub dir', 'a b $HOME `id`.txt');
      execFileSync('setfacl', ['-m', 'u:nobody:rw,d:u:nobody:rx', path.join(target, 'sub dir')]);
      execFileSync('setfacl', ['-m', 'u:nobody:rw', file]);
      execFileSync('setfattr', ['-n', 'user.origin', '-v', "it's", file]);
      execFileSync('setfattr', ['-n', 'trusted.kept', '-v', '0x00ff', target]);
      const attributes = () => [
        execFileSync('getfacl', ['-R', '-n', '-p', target]).toString(),
        execFileSync('getfattr', ['-d', '-m', '-', '--absolute-names', target, file]).toString(),
      ];
      const before = attributes();
      expect(before[1]).toContain('trusted.kept');
      await backUp();
      execFileSync('setfacl', ['-b', file]);
      execFileSync('setfattr', ['-x', 'trusted.kept', target]);
      expect(attributes()).not.toEqual(before);
      expect(await bench.run('restore', { BM_PARAM_PATH: target })).toMatchObject({ code: 0 });
      expect(attributes()).toEqual(before);
      execFileSync('setfattr', ['-x', 'user.origin', file]);
      const part = { BM_PARAM_PATH: target, BM_PARAM_EXCLUDE: 'nothing like this' };
      expect(await bench.run('restore', part)).toMatchObject({ code: 0 });
      expect(attributes()).toEqual(before);
    },
  );

  it.runIf(isRoot)('comes back for a user who may not write to the parent', async () => {
    execFileSync('chown', ['-R', `${nobody}:${nobody}`, target]);
    chownSync(bench.store.replace(/store$/, ''), nobody, nobody);
    chmodSync(root, 0o755);
    lutimesSync(target, 1_400_000_000.5, 1_400_000_000.5);
    const before = describeTree(target);
    expect(await bench.run('backup', { BM_PARAM_PATH: target }, { uid: nobody })).toMatchObject({ code: 0 });
    writeFileSync(path.join(target, 'added'), 'x');
    rmSync(path.join(target, 'sub dir'), { recursive: true });
    const run = await bench.run('restore', { BM_PARAM_PATH: target }, { uid: nobody });
    expect(run).toMatchObject({ code: 0 });
    expect(describeTree(target)).toEqual(before);
  });

  it.each([0, 1, 17, 300, -40, -1])('is untouched when the download ends after %i bytes', async (bytes) => {
    await backUp();
    writeFileSync(path.join(target, 'added'), 'x');
    const before = describeTree(target);
    const whole = readFileSync(bench.store);
    writeFileSync(bench.store, whole.subarray(0, bytes < 0 ? whole.length + bytes : bytes));
    const run = await bench.run('restore', { BM_PARAM_PATH: target });
    expect(run.code).not.toBe(0);
    expect(run.stderr).toContain('is as it was');
    expect(describeTree(target)).toEqual(before);
    expect(existsSync(`${target}.backstay-restore`)).toBe(false);
  });

  it('is put back when the swap was interrupted between its two renames', async () => {
    await backUp();
    const before = describeTree(target);
    mkdirSync(path.join(`${target}.backstay-restore`, 'new'), { recursive: true });
    renameSync(target, path.join(`${target}.backstay-restore`, 'old'));
    const run = await bench.run('restore', { BM_PARAM_PATH: target, FAKE_SOURCE: '/dev/null' });
    expect(run.stderr).toContain('An interrupted restore was undone');
    expect(run.code).not.toBe(0);
    expect(describeTree(target)).toEqual(before);
  });

  it.runIf(isRoot).each(['old.partial', 'old'])(
    'is put back when a swap inside of it stopped with %s',
    async (stage) => {
      await backUp();
      execFileSync('chown', ['-R', `${nobody}:${nobody}`, target, path.join(root, 'bench')]);
      chmodSync(root, 0o755);
      lutimesSync(target, 1_400_000_000.5, 1_400_000_000.5);
      const before = describeTree(target);
      const work = path.join(target, '.backstay-restore');
      mkdirSync(path.join(work, stage), { recursive: true });
      writeFileSync(path.join(work, 'stamp'), '2014-05-13 16:53:20.500000000 +0000\n');
      const moved = readdirSync(target).filter((name) => name !== '.backstay-restore');
      for (const name of stage === 'old' ? moved : moved.slice(0, 4)) {
        renameSync(path.join(target, name), path.join(work, stage, name));
      }
      if (stage === 'old') writeFileSync(path.join(target, 'already new'), 'x');
      execFileSync('chown', ['-R', `${nobody}:${nobody}`, work]);
      const run = await bench.run('restore', { BM_PARAM_PATH: target, FAKE_SOURCE: '/dev/null' }, { uid: nobody });
      expect(run.stderr).toContain('An interrupted restore was undone');
      expect(describeTree(target)).toEqual(before);
    },
  );

  it('is untouched when the restore is killed, and the next one cleans up', async () => {
    await backUp();
    const before = describeTree(target);
    const tar = path.join(root, 'bench', 'bin', 'tar');
    // Everything is unpacked, but not yet in place.
    writeFileSync(tar, '#!/bin/bash\n/bin/tar "$@"\nkill -KILL 0\n', { mode: 0o755 });
    expect((await bench.run('restore', { BM_PARAM_PATH: target })).code).toBeNull();
    rmSync(tar);
    expect(describeTree(target)).toEqual(before);
    expect(existsSync(`${target}.backstay-restore`)).toBe(true);
    expect(await bench.run('restore', { BM_PARAM_PATH: target })).toMatchObject({ code: 0 });
    expect(describeTree(target)).toEqual(before);
    expect(existsSync(`${target}.backstay-restore`)).toBe(false);
  });

  it('refuses a second restore while one is running', async () => {
    await backUp();
    mkdirSync(`${target}.backstay-restore`);
    const holder = spawn('flock', [`${target}.backstay-restore`, '-c', 'echo locked; exec sleep 60']);
    await once(holder.stdout, 'data');
    const run = await bench.run('restore', { BM_PARAM_PATH: target });
    holder.kill('SIGKILL');
    expect(run.code).not.toBe(0);
    expect(run.stderr).toContain('another restore');
  });

  it.each([
    [1, 0, 'Warning: some files changed'],
    [2, 2, ''],
  ])('is backed up although tar ends with %i only when that is a warning', async (status, code, message) => {
    writeFileSync(path.join(root, 'bench', 'bin', 'tar'), `#!/bin/sh\n/bin/tar "$@"\nexit ${status}\n`, {
      mode: 0o755,
    });
    const run = await bench.run('backup', { BM_PARAM_PATH: target });
    expect(run.stderr).toContain(message);
    expect(run.code === 0).toBe(code === 0);
    expect(existsSync(bench.store)).toBe(code === 0);
  });

  it('keeps what the backup leaves out, when only a part is backed up', async () => {
    await backUp({ BM_PARAM_EXCLUDE: 'read only\n*.tmp\n', BM_PARAM_INCLUDE: 'sub dir\n./run.sh\n' });
    rmSync(path.join(target, 'sub dir'), { recursive: true });
    writeFileSync(path.join(target, 'run.sh'), 'changed');
    writeFileSync(path.join(target, 'other'), 'stays');
    const run = await bench.run('restore', { BM_PARAM_PATH: target, BM_PARAM_INCLUDE: 'sub dir\nrun.sh' });
    expect(run).toMatchObject({ code: 0 });
    expect(readFileSync(path.join(target, 'other'), 'utf8')).toBe('stays');
    expect(readFileSync(path.join(target, 'run.sh'), 'utf8')).toBe('#!/bin/sh\n');
    expect(readFileSync(path.join(target, 'sub dir', 'a b $HOME `id`.txt'), 'utf8')).toBe('hello');
  });

  it('keeps what is new in a folder that a part of is restored into', async () => {
    await backUp({ BM_PARAM_EXCLUDE: '*.tmp' });
    writeFileSync(path.join(target, 'sub dir', 'new.tmp'), 'stays');
    writeFileSync(path.join(target, 'sub dir', 'a b $HOME `id`.txt'), 'changed');
    const outside = path.join(root, 'outside.txt');
    writeFileSync(outside, 'outside');
    rmSync(path.join(target, 'empty'));
    symlinkSync(outside, path.join(target, 'empty'));
    expect(await bench.run('restore', { BM_PARAM_PATH: target, BM_PARAM_EXCLUDE: '*.tmp' })).toMatchObject({ code: 0 });
    expect(readFileSync(path.join(target, 'sub dir', 'new.tmp'), 'utf8')).toBe('stays');
    expect(readFileSync(path.join(target, 'sub dir', 'a b $HOME `id`.txt'), 'utf8')).toBe('hello');
    expect(readFileSync(path.join(target, 'empty'), 'utf8')).toBe('');
    expect(readFileSync(outside, 'utf8')).toBe('outside');
  });

  it('reads what an older procedure wrote', async () => {
    execFileSync('tar', ['-czf', bench.store, '-C', target, '.']);
    rmSync(path.join(target, 'empty'));
    expect(await bench.run('restore', { BM_PARAM_PATH: target })).toMatchObject({ code: 0 });
    expect(existsSync(path.join(target, 'empty'))).toBe(true);
  });

  it('never writes outside of the target', async () => {
    const evil = path.join(root, 'evil');
    mkdirSync(evil);
    writeFileSync(path.join(evil, 'x'), 'owned');
    execFileSync('tar', ['-czf', bench.store, '-C', evil, '--transform', 's,^x,../escaped,', '-P', 'x']);
    await bench.run('restore', { BM_PARAM_PATH: target });
    expect(existsSync(path.join(root, 'escaped'))).toBe(false);
  });
});

describe('a single file', () => {
  it('comes back over itself, under another name, and into a folder', async () => {
    const file = path.join(target, "it's $HOME.txt");
    writeFileSync(file, 'content');
    expect(await bench.run('backup', { BM_PARAM_PATH: file })).toMatchObject({ code: 0 });
    writeFileSync(file, 'changed');
    expect(await bench.run('restore', { BM_PARAM_PATH: file })).toMatchObject({ code: 0 });
    expect(readFileSync(file, 'utf8')).toBe('content');
    const other = path.join(root, 'other name');
    expect(await bench.run('restore', { BM_PARAM_PATH: other })).toMatchObject({ code: 0 });
    expect(readFileSync(other, 'utf8')).toBe('content');
    const folder = path.join(root, 'into');
    mkdirSync(folder);
    expect(await bench.run('restore', { BM_PARAM_PATH: folder })).toMatchObject({ code: 0 });
    expect(readFileSync(path.join(folder, path.basename(file)), 'utf8')).toBe('content');
  });
});

describe('bad input', () => {
  it.each([
    ['/', 'whole file system'],
    ['relative', 'absolute path'],
    ['', 'absolute path'],
  ])('refuses to restore into "%s"', async (place, message) => {
    const run = await bench.run('restore', { BM_PARAM_PATH: place });
    expect(run.code).toBe(1);
    expect(run.stderr).toContain(message);
  });

  it('fails when something cannot be read, and stores nothing', async () => {
    const run = await bench.run('backup', { BM_PARAM_PATH: path.join(target, 'missing') });
    expect(run.code).toBe(1);
    expect(run.stderr).toContain('does not exist');
    const partial = await bench.run('backup', { BM_PARAM_PATH: target, BM_PARAM_INCLUDE: 'not here' });
    expect(partial.code).not.toBe(0);
    expect(existsSync(bench.store)).toBe(false);
  });

  it('checks what can be checked beforehand', async () => {
    const check = async (operation: string, value: string) =>
      (await bench.run('check', { BM_OPERATION: operation, BM_PARAM_PATH: value })).stdout;
    expect(await check('backup', target)).toBe('');
    expect(await check('restore', path.join(root, 'new', 'place'))).toBe('');
    expect(await check('backup', path.join(target, 'missing'))).toMatch(/^path\t.*does not exist/);
    expect(await check('backup', 'x')).toMatch(/^path\tWrite the whole path/);
    expect(await check('restore', '/')).toMatch(/^path\t/);
    expect(await check('restore', '/etc/passwd/x')).toMatch(/^path\t/);
    expect(await check('backup', '${NOT_SET}')).toMatch(/^path\t.*no such environment variable/);
  });
});
