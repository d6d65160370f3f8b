import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { startClient } from '../harness/client-process.ts';
import { GpgKey } from '../harness/gpg-key.ts';
import { watchPeak } from '../harness/process-memory.ts';
import { RepositoryProcess } from '../harness/repository-process.ts';
import { atMost, type Benchmark, type Figure, timesPeer } from './benchmark.ts';
import { mebibyte, milliseconds, rate } from './options.ts';
import { cipherAlone, pipe, startPlainServer } from './peers/peers.ts';
import { SqlText } from './sql-text.ts';

type Input = 'compressible' | 'incompressible';

function writeInput(file: string, mib: number, input: Input): void {
  const handle = fs.openSync(file, 'w');
  const text = new SqlText();
  for (let done = 0; done < mib; done += 1) {
    fs.writeSync(handle, input === 'compressible' ? text.next(mebibyte) : randomBytes(mebibyte));
  }
  fs.closeSync(handle);
}

/**
 * The real client against a light server and against a real repository, with the pipe of gpg and curl to the same two, and the cipher alone, in the
 * same run.
 */
class ClientBench implements AsyncDisposable {
  readonly source: string;
  readonly message: string;
  readonly key = new GpgKey();
  readonly #repository: RepositoryProcess;
  readonly #token: string;
  readonly #mib: number;

  private constructor(repository: RepositoryProcess, token: string, mib: number) {
    this.#repository = repository;
    this.#token = token;
    this.#mib = mib;
    this.source = path.join(repository.home, 'source');
    this.message = path.join(repository.home, 'message');
  }

  static async start(mib: number, input: Input): Promise<ClientBench> {
    const repository = await RepositoryProcess.start({ load: {} });
    const bench = new ClientBench(repository, await repository.login(), mib);
    writeInput(bench.source, mib, input);
    return bench;
  }

  /** Against the real repository, or against what is at another address. */
  async client(verb: 'make' | 'restore', command: string, other?: Place): Promise<Measured> {
    let peak = 0;
    const { url, collection } = other ?? { url: this.#repository.url, collection: 'load' };
    const ms = await milliseconds(async () => {
      const { child, end } = startClient([verb, '-c', command], {
        ...{ BM_URL: url, BM_COLLECTION_ID: collection, BM_AUTH_TOKEN: this.#token },
        ...{ BM_PUBLIC_KEY_PATH: this.key.publicPath, BM_PRIVATE_KEY_PATH: this.key.privatePath },
        BM_RECIPIENT: this.key.email,
      });
      const watch = watchPeak(child.pid ?? 0);
      const { exitCode, log } = await end;
      peak = watch.stop();
      if (exitCode !== 0) throw new Error(log);
    });
    return { rate: rate(this.#mib, ms), peak };
  }

  gpg = async (command: string): Promise<number> => rate(this.#mib, await milliseconds(() => pipe(command)));

  encryptPipe = (target: string): string =>
    `cat ${this.source} | gpg --homedir ${this.key.home} --batch --encrypt --always-trust --armor -r ${this.key.email} | curl -sSf -T - ${target}`;

  decryptPipe = (target: string, command: string): string =>
    `curl -sSf ${target} | gpg --homedir ${this.key.home} --batch --quiet --decrypt | ${command}`;

  /** For curl: the real repository as the client of before used it. */
  get #stored(): string {
    return `-H 'Authorization: Bearer ${this.#token}' ${this.#repository.url}/api/alpha/repository/collection/load/version`;
  }

  get uploadTarget(): string {
    return `-X POST ${this.#stored}`;
  }

  get downloadTarget(): string {
    return `${this.#stored}/latest`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.key[Symbol.dispose]();
    await this.#repository[Symbol.asyncDispose]();
  }
}

interface Place {
  readonly url: string;
  readonly collection: string;
}

interface Measured {
  readonly rate: number;
  readonly peak: number;
}

interface Rates {
  readonly gpg: number;
  readonly cipher: number;
}

const unit = 'MiB/s';

/** The goals of the client itself, against a server that does next to nothing. */
const figures = (name: string, measured: Measured, { gpg, cipher }: Rates): Figure[] => [
  { name: `${name}: beside gpg --encrypt and curl`, value: measured.rate, unit, peer: gpg, goal: timesPeer(10) },
  { name: `${name}: beside the cipher alone`, value: measured.rate, unit, peer: cipher, goal: timesPeer(0.5) },
  { name: `${name}: memory peak`, value: measured.peak, unit: 'MiB', goal: atMost(200) },
];

/** The whole way, with the repository that hashes, syncs and records, for both. */
const wholeWay = (name: string, value: number, peer: number): Figure => ({
  name: `${name}: with the real repository`,
  ...{ value, unit, peer, goal: timesPeer(10) },
});

const make = (input: Input): Benchmark => ({
  name: `make-${input}`,
  explains: `backup-maker make, ${input} input (--mib, default 1024), beside gpg | curl and AES-256-CFB alone`,
  run: async ({ mib = 1024 }) => {
    await using bench = await ClientBench.start(mib, input);
    await using light = await startPlainServer(bench.message);
    const dump = `cat ${bench.source}`;
    const gpg = await bench.gpg(bench.encryptPipe(`${light.url}/discard`));
    const cipher = rate(mib, await milliseconds(() => cipherAlone(mib)));
    const alone = await bench.client('make', dump, { url: light.url, collection: 'discard' });
    const gpgWhole = await bench.gpg(bench.encryptPipe(bench.uploadTarget));
    const whole = await bench.client('make', dump);
    const name = `make-${input}`;
    return [...figures(name, alone, { gpg, cipher }), wholeWay(name, whole.rate, gpgWhole)];
  },
});

const restore = (input: Input): Benchmark => ({
  name: `restore-${input}`,
  explains: `backup-maker restore, ${input} input (--mib, default 1024), beside gpg | curl, curl | gpg --decrypt and AES-256-CFB alone`,
  run: async ({ mib = 1024 }) => {
    await using bench = await ClientBench.start(mib, input);
    await using light = await startPlainServer(bench.message);
    const place = { url: light.url, collection: 'stored' };
    const dump = `cat ${bench.source}`;
    const loader = `[ "$(wc -c)" = ${mib * mebibyte} ]`;
    const gpg = await bench.gpg(bench.encryptPipe(`${light.url}/`));
    const decrypt = await bench.gpg(bench.decryptPipe(`${light.url}/`, `{ ${loader}; }`));
    const cipher = rate(mib, await milliseconds(() => cipherAlone(mib)));
    await bench.client('make', dump, place);
    const alone = await bench.client('restore', loader, place);
    const gpgWhole = await bench.gpg(bench.encryptPipe(bench.uploadTarget));
    await bench.client('make', dump);
    const whole = await bench.client('restore', loader);
    const name = `restore-${input}`;
    return [
      ...figures(name, alone, { gpg, cipher }),
      { name: `${name}: beside curl and gpg --decrypt`, value: alone.rate, unit, peer: decrypt, goal: timesPeer(10) },
      wholeWay(name, whole.rate, gpgWhole),
    ];
  },
});

export const clientBenchmarks = [
  make('compressible'),
  make('incompressible'),
  restore('compressible'),
  restore('incompressible'),
];
