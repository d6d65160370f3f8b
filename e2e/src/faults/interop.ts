import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { runClient } from '../harness/client-process.ts';
import { GpgKey, type GpgKeyOptions } from '../harness/gpg-key.ts';
import { digestOf } from '../harness/repository-api.ts';
import { Bench, collection } from './bench.ts';
import type { FaultCase, FaultRun } from './fault-case.ts';
import { startProxy } from './proxy.ts';
import { changed } from './toxics.ts';

const mebibyte = 1 << 20;
const few = 3 * mebibyte + 1;
const large = 4096 * mebibyte;
const limits = { maxBackupsCount: 1, maxOneVersionSize: '12G', maxCollectionSize: '30G' };

type Compression = 'none' | 'zlib' | 'zstd';
const compressions: readonly [Compression, ...Compression[]] = ['none', 'zlib', 'zstd'];

const keys: readonly Required<GpgKeyOptions>[] = (['rsa3072', 'future-default'] as const).flatMap((algorithm) =>
  ['', `it's "a" $(passphrase)`].map((passphrase) => ({ algorithm, passphrase })),
);

interface Trial {
  readonly bench: Bench;
  readonly run: FaultRun;
  readonly key: GpgKey;
  readonly passphrase: string;
  readonly armoured: boolean;
  readonly source: string;
  readonly what: string;
}

const environmentOf = ({ key, passphrase }: Trial): NodeJS.ProcessEnv => ({
  ...{ BM_PUBLIC_KEY_PATH: key.publicPath, BM_PRIVATE_KEY_PATH: key.privatePath, BM_PASSPHRASE: passphrase },
  BM_TIMEOUT: '1200',
});

const gpg = ({ key, passphrase }: Trial, ...more: string[]): string[] => {
  const quiet = ['--homedir', key.home, '--batch', '--quiet', '--pinentry-mode', 'loopback'];
  return [...quiet, '--passphrase', passphrase, ...more];
};

async function digestOfOutput(command: string, argv: readonly string[]): Promise<string> {
  const child = spawn(command, argv, { stdio: ['ignore', 'pipe', 'ignore'] });
  const closed = once(child, 'close');
  const digest = await digestOf(child.stdout);
  await closed;
  return child.exitCode === 0 ? digest : `nothing: ${command} ended with ${child.exitCode}`;
}

/** As an old server, this one knows no other upload than the plain one, and armour only. */
const forgetProtocol = (chunk: Buffer): Buffer =>
  chunk.indexOf('/uploads HTTP/1.1') === -1
    ? chunk
    : Buffer.from(chunk.toString('latin1').replace('/uploads HTTP/1.1', '/forgets HTTP/1.1'), 'latin1');

function isArmoured(file: string): boolean {
  const head = Buffer.alloc(27);
  const handle = fs.openSync(file, 'r');
  fs.readSync(handle, head);
  fs.closeSync(handle);
  return head.toString('latin1') === '-----BEGIN PGP MESSAGE-----';
}

/** The client encrypts, gpg decrypts. */
async function toGpg(trial: Trial, compression: Compression): Promise<void> {
  const { bench, run, armoured, source } = trial;
  const what = `${trial.what}, ${compression}: `;
  await using proxy = await startProxy(bench.repository.url, armoured ? { up: () => changed(forgetProtocol) } : {});
  const { exitCode, log } = await runClient(['make', '-c', `cat ${source}`], {
    ...bench.environment(proxy.url),
    ...environmentOf(trial),
    BM_COMPRESSION: compression,
  });
  run.injected();
  if (exitCode !== 0) return run.broken(`${what}the client does not encrypt: ${log}`);
  const [name = ''] = fs.readdirSync(path.join(bench.repository.home, 'blobs', collection));
  const stored = path.join(bench.repository.home, 'blobs', collection, name);
  if (isArmoured(stored) !== armoured) run.broken(`${what}the form is another`);
  const decrypted = path.join(bench.repository.home, 'decrypted');
  execFileSync('gpg', gpg(trial, '--yes', '--output', decrypted, '--decrypt', stored), { stdio: 'pipe' });
  const digest =
    compression === 'zstd'
      ? await digestOfOutput('zstd', ['-dcq', decrypted])
      : await digestOfOutput('cat', [decrypted]);
  fs.rmSync(decrypted);
  if (digest !== (await digestOf(fs.createReadStream(source)))) run.broken(`${what}gpg decrypts something else`);
}

/** gpg encrypts, the client decrypts. */
async function fromGpg(trial: Trial): Promise<void> {
  const { bench, run, armoured, source, key, what } = trial;
  const form = armoured ? ['--armor'] : [];
  const child = spawn(
    'gpg',
    gpg(trial, ...form, '--trust-model', 'always', '-r', key.email, '--encrypt', '-o', '-', source),
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const status = await bench.api.upload(child.stdout);
  run.injected();
  if (status !== 200) return run.broken(`${what}: the message of gpg is answered ${status}`);
  const output = path.join(bench.repository.home, 'restored');
  const { exitCode, log } = await runClient(['restore', '-c', `sha256sum > ${output}`], {
    ...bench.environment(),
    ...environmentOf(trial),
  });
  if (exitCode !== 0) return run.broken(`${what}: the client does not decrypt: ${log}`);
  const [digest] = fs.readFileSync(output, 'utf8').split(' ');
  if (digest !== (await digestOf(fs.createReadStream(source))))
    run.broken(`${what}: the client decrypts something else`);
}

function writeSource(file: string, run: FaultRun, bytes: number): void {
  const handle = fs.openSync(file, 'w');
  const block = run.random.bytes(Math.min(bytes, mebibyte));
  for (let left = bytes; left > 0; left -= block.length) {
    // No two blocks alike, so that one in another's place is seen.
    if (block.length >= 4) block.writeUInt32LE(left >>> 0, 0);
    fs.writeSync(handle, block, 0, Math.min(left, block.length));
  }
  fs.closeSync(handle);
}

async function bothWays(trial: Trial, chosen: readonly Compression[]): Promise<void> {
  // A dump of nothing is refused, so there is nothing for gpg to decrypt.
  const empty = fs.statSync(trial.source).size === 0;
  for (const compression of empty ? [] : chosen) await toGpg(trial, compression);
  await fromGpg(trial);
}

const forms = [false, true];

/** Every size in both forms with one key: two of them, unless it may take long. */
async function everySize(base: Omit<Trial, 'armoured' | 'what'>, name: string): Promise<void> {
  const { run, source } = base;
  for (const bytes of run.long ? [0, 1, 4, 65_537, few, 200 * mebibyte] : [0, few]) {
    writeSource(source, run, bytes);
    const chosen = run.long ? compressions : [run.random.pick(compressions)];
    for (const armoured of forms) {
      const what = `${name}, ${armoured ? 'armoured' : 'binary'}, ${bytes} bytes`;
      await bothWays({ ...base, armoured, what }, chosen);
    }
  }
}

async function largeOne(base: Omit<Trial, 'armoured' | 'what'>, name: string): Promise<void> {
  writeSource(base.source, base.run, large);
  for (const armoured of forms) {
    await bothWays({ ...base, armoured, what: `${name}, ${armoured ? 'armoured' : 'binary'}, 4 GiB` }, ['none']);
  }
}

export const interoperability: FaultCase = {
  name: 'INTEROP',
  explains:
    'what make stores is decrypted by gpg, and what gpg encrypts by restore: keys, forms, sizes (4 GiB: --long)',
  run: async (run) => {
    await using bench = await Bench.start(limits);
    const source = path.join(bench.repository.home, 'source');
    for (const [index, { algorithm, passphrase }] of keys.entries()) {
      using key = new GpgKey({ algorithm, passphrase });
      const name = `${algorithm}${passphrase === '' ? '' : ' with a passphrase'}`;
      const base = { bench, run, key, passphrase, source };
      await everySize(base, name);
      if (run.long && index === keys.length - 1) await largeOne(base, name);
    }
  },
};
