import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

/**
 * A folder with everything that a careless backup loses: spaces, quotes, unicode and newlines in names, symlinks (also broken
 * ones), hard links, empty files and folders, executable and read-only bits, old times with fractions, one big file.
 */
export function makeSampleFolder(
  root: string,
  size: { files: number; totalBytes: number; bigFileBytes: number },
): void {
  fs.mkdirSync(root, { recursive: true });
  const small = Math.max(1, Math.floor((size.totalBytes - size.bigFileBytes) / size.files));
  for (let index = 0; index < size.files; index += 1) {
    const folder = path.join(root, `folder ${index % 50}`, `ünïcode-${index % 7}`);
    fs.mkdirSync(folder, { recursive: true });
    const length = Math.floor(small / 2) + ((index * 7919) % small);
    // Half noise, half text: like a real folder, it compresses somewhat.
    const noise = randomBytes(Math.ceil(length / 2));
    fs.writeFileSync(
      path.join(folder, `file ${index}.bin`),
      Buffer.concat([noise, Buffer.alloc(length >> 1, 'text ')]),
    );
  }
  writeBig(path.join(root, 'one big file.bin'), size.bigFileBytes);
  writeOddities(root);
  setTimes(root);
}

function writeBig(file: string, bytes: number): void {
  const handle = fs.openSync(file, 'w');
  const block = randomBytes(1 << 20);
  for (let written = 0; written < bytes; written += block.length) {
    block.writeUInt32LE(written >>> 0, 0);
    fs.writeSync(handle, block, 0, Math.min(block.length, bytes - written));
  }
  fs.closeSync(handle);
}

function writeOddities(root: string): void {
  const odd = path.join(root, 'odd names');
  fs.mkdirSync(path.join(odd, 'empty folder'), { recursive: true });
  for (const name of [
    `it's "quoted"`,
    'new\nline',
    '$HOME `x` \\back',
    '-rf',
    '日本語 ファイル',
    ' lead and trail ',
    '*?[x]',
  ]) {
    fs.writeFileSync(path.join(odd, name), `content of ${name}`);
  }
  fs.writeFileSync(path.join(odd, 'empty'), '');
  fs.writeFileSync(path.join(odd, 'run.sh'), '#!/bin/sh\necho hello\n', { mode: 0o755 });
  fs.writeFileSync(path.join(odd, 'read only'), 'x', { mode: 0o444 });
  fs.writeFileSync(path.join(odd, 'private'), 'x', { mode: 0o600 });
  fs.symlinkSync('run.sh', path.join(odd, 'link to file'));
  fs.symlinkSync('../folder 1', path.join(odd, 'link to folder'));
  fs.symlinkSync('/does/not exist', path.join(odd, 'broken link'));
  fs.linkSync(path.join(odd, 'run.sh'), path.join(odd, 'hard link'));
}

function setTimes(root: string): void {
  let second = 1_000_000_000;
  for (const entry of walk(root)) {
    second += 1001;
    fs.lutimesSync(path.join(root, entry), second + 0.123456, second + 0.654321);
  }
  fs.utimesSync(root, 1_234_567_890.5, 1_234_567_890.5);
}

/** Relative paths, children before their folder, in a fixed order. */
function* walk(root: string, prefix = ''): Generator<string> {
  for (const entry of fs.readdirSync(path.join(root, prefix), { withFileTypes: true }).sort(byName)) {
    const relative = path.join(prefix, entry.name);
    if (entry.isDirectory()) yield* walk(root, relative);
    yield relative;
  }
}

const byName = (a: fs.Dirent, b: fs.Dirent): number => (a.name < b.name ? -1 : 1);

/** One line for each entry: type, mode, owner, nanosecond mtime, link target or SHA-256. Equal lists are equal folders. */
export function describeFolder(root: string): string[] {
  return ['.', ...walk(root)].map((entry) => describeEntry(root, entry));
}

function describeEntry(root: string, entry: string): string {
  const file = path.join(root, entry);
  const stat = fs.lstatSync(file, { bigint: true });
  const facts = [stat.mode.toString(8), stat.uid, stat.gid, stat.mtimeNs, stat.isDirectory() ? '' : stat.nlink];
  return JSON.stringify([entry, ...facts.map(String), content(file, stat)]);
}

function content(file: string, stat: fs.BigIntStats): string {
  if (stat.isSymbolicLink()) return fs.readlinkSync(file);
  if (!stat.isFile()) return '';
  const hash = createHash('sha256');
  const handle = fs.openSync(file, 'r');
  const block = Buffer.alloc(1 << 20);
  for (let read = 1; read > 0; ) {
    read = fs.readSync(handle, block);
    hash.update(block.subarray(0, read));
  }
  fs.closeSync(handle);
  return hash.digest('hex');
}
