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

/** The real client against a real repository, with the pipe of gpg and curl and the cipher alone in the same run. */
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

  async client(verb: 'make' | 'restore', command: string): Promise<{ rate: number; peak: number }> {
    let peak = 0;
    const ms = await milliseconds(async () => {
      const { child, end } = startClient([verb, '-c', command], {
        ...{ BM_URL: this.#repository.url, BM_COLLECTION_ID: 'load', BM_AUTH_TOKEN: this.#token },
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

  decryptPipe = (url: string, command: string): string =>
    `curl -sSf ${url}/ | gpg --homedir ${this.key.home} --batch --quiet --decrypt | ${command}`;

  async [Symbol.asyncDispose](): Promise<void> {
    this.key[Symbol.dispose]();
    await this.#repository[Symbol.asyncDispose]();
  }
}

const figures = (
  name: string,
  measured: { rate: number; peak: number },
  peers: { gpg: number; cipher: number },
): Figure[] => [
  { name: `${name}: beside gpg and curl`, value: measured.rate, unit: 'MiB/s', peer: peers.gpg, goal: timesPeer(10) },
  {
    name: `${name}: beside the cipher alone`,
    value: measured.rate,
    unit: 'MiB/s',
    peer: peers.cipher,
    goal: timesPeer(0.5),
  },
  { name: `${name}: memory peak`, value: measured.peak, unit: 'MiB', goal: atMost(200) },
];

const make = (input: Input): Benchmark => ({
  name: `make-${input}`,
  explains: `backup-maker make, ${input} input (--mib, default 1024), beside gpg | curl and AES-256-CFB alone`,
  run: async ({ mib = 1024 }) => {
    await using bench = await ClientBench.start(mib, input);
    await using sink = await startPlainServer(bench.message);
    const gpg = await bench.gpg(bench.encryptPipe(`${sink.url}/discard`));
    const cipher = rate(mib, await milliseconds(() => cipherAlone(mib)));
    const measured = await bench.client('make', `cat ${bench.source}`);
    return figures(`make-${input}`, measured, { gpg, cipher });
  },
});

const restore = (input: Input): Benchmark => ({
  name: `restore-${input}`,
  explains: `backup-maker restore, ${input} input (--mib, default 1024), beside curl | gpg --decrypt and AES-256-CFB alone`,
  run: async ({ mib = 1024 }) => {
    await using bench = await ClientBench.start(mib, input);
    await using store = await startPlainServer(bench.message);
    const loader = `[ "$(wc -c)" = ${mib * mebibyte} ]`;
    const encrypt = await bench.gpg(bench.encryptPipe(`${store.url}/`));
    const gpg = await bench.gpg(bench.decryptPipe(store.url, `{ ${loader}; }`));
    const cipher = rate(mib, await milliseconds(() => cipherAlone(mib)));
    await bench.client('make', `cat ${bench.source}`);
    const measured = await bench.client('restore', loader);
    const name = `restore-${input}`;
    const beside = {
      name: `${name}: beside gpg --encrypt and curl`,
      value: measured.rate,
      unit: 'MiB/s',
      peer: encrypt,
    };
    return [{ ...beside, goal: timesPeer(10) }, ...figures(name, measured, { gpg, cipher })];
  },
});

export const clientBenchmarks = [
  make('compressible'),
  make('incompressible'),
  restore('compressible'),
  restore('incompressible'),
];
