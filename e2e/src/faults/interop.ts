import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { runClient } from '../harness/client-process.ts';
import { GpgKey, type GpgKeyOptions } from '../harness/gpg-key.ts';
import { digestOf } from '../harness/repository-api.ts';
import { Bench, collection } from './bench.ts';
import type { FaultCase, FaultRun } from './fault-case.ts';
import { type PlainBytes, plainBytes, printing } from './plain-bytes.ts';
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

/** What is dumped, and its SHA-256. */
interface Dump extends PlainBytes {
  readonly digest: string;
}

interface Trial {
  readonly bench: Bench;
  readonly run: FaultRun;
  readonly key: GpgKey;
  readonly passphrase: string;
  readonly armoured: boolean;
  readonly dump: Dump;
  readonly what: string;
}

const environmentOf = ({ key, passphrase }: Trial): NodeJS.ProcessEnv => ({
  ...{ BM_PUBLIC_KEY_PATH: key.publicPath, BM_PRIVATE_KEY_PATH: key.privatePath, BM_PASSPHRASE: passphrase },
  BM_TIMEOUT: '1200',
});

const gpg = ({ key, passphrase }: Trial, ...more: string[]): string[] => {
  const quiet = ['--homedir', key.home, '--batch', '--quiet', '--pinentry-mode', 'loopback'];
  return ['gpg', ...quiet, '--passphrase', passphrase, ...more];
};

/** A shell in which a pipe fails with any of its parts; the script has the arguments as `"$@"`. */
const startShell = (script: string, argv: readonly string[]) =>
  spawn('bash', ['-o', 'pipefail', '-c', script, 'bash', ...argv], { stdio: ['ignore', 'pipe', 'inherit'] });

async function digestOfOutput(script: string, argv: readonly string[]): Promise<string> {
  const child = startShell(script, argv);
  const closed = once(child, 'close');
  const digest = await digestOf(child.stdout);
  await closed;
  return child.exitCode === 0 ? digest : `nothing: ${argv.join(' ')} ended with ${child.exitCode}`;
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
  const { bench, run, armoured, dump } = trial;
  const what = `${trial.what}, ${compression}: `;
  await using proxy = await startProxy(bench.repository.url, armoured ? { up: () => changed(forgetProtocol) } : {});
  const { exitCode, log } = await runClient(['make', '-c', printing(dump)], {
    ...bench.environment(proxy.url),
    ...environmentOf(trial),
    BM_COMPRESSION: compression,
  });
  run.injected();
  if (exitCode !== 0) return run.broken(`${what}the client does not encrypt: ${log}`);
  const [name = ''] = fs.readdirSync(path.join(bench.repository.home, 'blobs', collection));
  const stored = path.join(bench.repository.home, 'blobs', collection, name);
  if (isArmoured(stored) !== armoured) run.broken(`${what}the form is another`);
  const script = compression === 'zstd' ? '"$@" | zstd -dcq' : 'exec "$@"';
  const digest = await digestOfOutput(script, gpg(trial, '--decrypt', stored));
  if (digest !== dump.digest) run.broken(`${what}gpg decrypts something else (${digest})`);
}

/** gpg encrypts, the client decrypts. */
async function fromGpg(trial: Trial): Promise<void> {
  const { bench, run, armoured, dump, key, what } = trial;
  const to = ['--trust-model', 'always', '-r', key.email];
  // It takes a minute to find out that there is nothing to compress in the largest one.
  const form = [...(armoured ? ['--armor'] : []), ...(dump.bytes === large ? ['--compress-algo', 'none'] : [])];
  const child = startShell(...inputOf(trial, gpg(trial, ...to, ...form, '--encrypt', '--output', '-')));
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
  if (digest !== dump.digest) run.broken(`${what}: the client decrypts something else`);
}

/** Of a file gpg knows how long it is, of a pipe it does not: its packets are others. */
function inputOf({ bench, dump }: Trial, command: readonly string[]): [script: string, argv: readonly string[]] {
  if (dump.bytes > few) return [`${printing(dump)} | "$@"`, command];
  const file = path.join(bench.repository.home, 'source');
  fs.writeFileSync(file, Buffer.concat([...plainBytes(dump)]));
  return ['exec "$@"', [...command, file]];
}

interface Forms {
  readonly armoured: boolean;
  readonly chosen: readonly Compression[];
}

type Base = Pick<Trial, 'bench' | 'run' | 'key' | 'passphrase'> & { readonly name: string };

async function bothWays(base: Base, dump: Dump, { armoured, chosen }: Forms): Promise<void> {
  const what = `${base.name}, ${armoured ? 'armoured' : 'binary'}, ${dump.bytes} bytes`;
  const trial = { ...base, dump, armoured, what };
  // A dump of nothing is refused, so there is nothing for gpg to decrypt.
  for (const compression of dump.bytes === 0 ? [] : chosen) await toGpg(trial, compression);
  await fromGpg(trial);
}

async function dumpOf({ random }: FaultRun, bytes: number): Promise<Dump> {
  const plain = { seed: random.int(0, 2 ** 32), bytes };
  return { ...plain, digest: await digestOf(Readable.from(plainBytes(plain))) };
}

const forms = [false, true];

/** Every size in both forms with one key: two of them, unless it may take long. */
async function everySize(base: Base): Promise<void> {
  const { run } = base;
  for (const bytes of run.long ? [0, 1, 4, 65_537, few, 200 * mebibyte] : [0, few]) {
    const dump = await dumpOf(run, bytes);
    const first = run.random.int(0, compressions.length);
    const chosen = [...compressions, ...compressions].slice(first, first + run.rounds(1, compressions.length));
    for (const armoured of forms) await bothWays(base, dump, { armoured, chosen });
  }
}

/** Which key and form the largest dump is tried with, where it is not tried with all: those first that differ most. */
const largest: readonly (readonly [key: number, armoured: boolean])[] = [
  [3, true],
  [0, false],
  [1, true],
  [2, false],
  [3, false],
  [0, true],
  [1, false],
  [2, true],
];

export const interoperability: FaultCase = {
  name: 'INTEROP',
  explains:
    'what make stores is decrypted by gpg, and what gpg encrypts by restore: keys, forms, sizes (4 GiB: --long)',
  run: async (run) => {
    await using bench = await Bench.start(limits);
    const tried = run.long ? largest.slice(0, run.rounds(1, largest.length)) : [];
    for (const [index, { algorithm, passphrase }] of keys.entries()) {
      using key = new GpgKey({ algorithm, passphrase });
      const base = {
        bench,
        run,
        key,
        passphrase,
        name: `${algorithm}${passphrase === '' ? '' : ' with a passphrase'}`,
      };
      await everySize(base);
      for (const [, armoured] of tried.filter(([wanted]) => wanted === index)) {
        await bothWays(base, await dumpOf(run, large), { armoured, chosen: ['none'] });
      }
    }
  },
};
