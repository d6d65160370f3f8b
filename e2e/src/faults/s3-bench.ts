import { setTimeout as delay } from 'node:timers/promises';
import { blobsOf, sweepTomorrow } from '@backstay/repository/testing/bucket';
import { type S3FaultProxy, startS3FaultProxy } from '@backstay/repository/testing/s3-fault-proxy';
import { findS3Server, type S3TestServer, startS3Server } from '@backstay/repository/testing/s3-server';
import { Bench } from './bench.ts';
import type { FaultRun } from './fault-case.ts';

export const needsS3 = (): string | undefined =>
  findS3Server() === undefined ? 'no S3 server: npm test builds versitygw where Go is installed' : undefined;

/** Variables of a repository whose blobs are in the bucket of the server, reached by the port. */
export const s3Environment = (server: S3TestServer, port: number = server.port): NodeJS.ProcessEnv => ({
  BR_STORAGE_DRIVER_URL: server.url({ port }),
  AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
});

/** A bench whose repository keeps its blobs in a real S3 server, behind a proxy that breaks requests. */
export class S3Bench {
  readonly bench: Bench;
  readonly proxy: S3FaultProxy;
  readonly #server: S3TestServer;

  private constructor(parts: { bench: Bench; proxy: S3FaultProxy; server: S3TestServer }) {
    this.bench = parts.bench;
    this.proxy = parts.proxy;
    this.#server = parts.server;
  }

  static async start(): Promise<S3Bench> {
    const server = await startS3Server();
    const proxy = await startS3FaultProxy(server);
    const bench = await Bench.start({}, { environment: s3Environment(server, proxy.port) });
    await bench.works();
    return new S3Bench({ bench, proxy, server });
  }

  /** The bucket holds what is listed and nothing else, once the sweep of a start has gone over it. */
  async holdsOnlyVersions(run: FaultRun, what: string): Promise<void> {
    const { bench } = this;
    await bench.repository.end('SIGTERM');
    await bench.repository.restart();
    await sweepTomorrow(this.#server);
    const versions = (await bench.everyList()).length;
    const left = async () => {
      const { keys, staged, multiparts } = await blobsOf(this.#server);
      return { keys: keys.length - versions, staged: staged.length, multiparts: multiparts.length };
    };
    const isClean = ({ keys, staged, multiparts }: Awaited<ReturnType<typeof left>>): boolean =>
      keys === 0 && staged === 0 && multiparts === 0;
    let found = await left();
    for (const end = Date.now() + 20_000; !isClean(found) && Date.now() < end; found = await left()) await delay(200);
    if (!isClean(found)) run.broken(`${what}: beyond the versions the bucket holds ${JSON.stringify(found)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bench[Symbol.asyncDispose]();
    await this.proxy.stop();
    await this.#server.stop();
  }
}
