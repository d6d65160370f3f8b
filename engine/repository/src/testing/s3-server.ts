import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '@backstay/kubernetes/testing/free-port';

/** The version that `scripts/lib/prerequisites.mjs` builds. */
const version = '1.8.0';
const region = 'us-east-1';
const startTime = 20_000;

/** A real S3 server on this machine, and one empty bucket of it. */
export interface S3TestServer {
  readonly port: number;
  readonly bucket: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Where the objects lie as files. */
  readonly folder: string;
  /** The storage URL of the bucket; `port` leads through a proxy. */
  url(options?: { port?: number; bucket?: string; prefix?: string }): string;
  createBucket(): Promise<string>;
  /** Ends it at once, as a power cut would. */
  kill(): Promise<void>;
  /** On the same port, with the same objects. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** The S3 server of the tests: VERSITYGW, the search path, or what `npm test` built. Undefined: there is none. */
export const findS3Server = (): string | undefined =>
  [
    process.env['VERSITYGW'] ?? '',
    ...(process.env['PATH'] ?? '').split(path.delimiter).map((folder) => path.join(folder, 'versitygw')),
    path.join(homedir(), '.cache/backstay/tools', `versitygw-${version}`, 'versitygw'),
  ].find((file) => path.isAbsolute(file) && isExecutable(file));

const accepts = async (port: number): Promise<boolean> => {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
};

const waitForPort = async (port: number, child: ChildProcess): Promise<void> => {
  const end = performance.now() + startTime;
  while (!(await accepts(port))) {
    if (child.exitCode !== null || performance.now() > end) {
      throw new Error('The S3 server of the tests did not start');
    }
    await delay(25);
  }
};

const launch = async (options: {
  file: string;
  port: number;
  home: string;
  credentials: S3TestServer['credentials'];
}): Promise<ChildProcess> => {
  const { file, port, home, credentials } = options;
  const args = ['--port', `127.0.0.1:${port}`, '--region', region, '--quiet', '--keep-alive', 'posix'];
  const env = { ROOT_ACCESS_KEY: credentials.accessKeyId, ROOT_SECRET_KEY: credentials.secretAccessKey };
  const start = async (more: readonly string[]): Promise<ChildProcess> => {
    const child = spawn(file, [...args, ...more, path.join(home, 'objects')], { stdio: 'ignore', env });
    await waitForPort(port, child);
    return child;
  };
  try {
    return await start([]);
  } catch {
    // The folder takes no attributes. Beside it they do not change together with the object: races can look wrong then.
    return await start(['--sidecar', path.join(home, 'sidecar')]);
  }
};

const end = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
};

/** Starts one on a free port of the loopback interface, in a folder of its own. Rejects when there is no server to start. */
export const startS3Server = async (parent: string = tmpdir()): Promise<S3TestServer> => {
  const file = findS3Server();
  if (file === undefined) {
    throw new Error('There is no S3 server for the tests: npm test builds versitygw where Go is installed');
  }
  const home = await mkdtemp(path.join(parent, 'backstay-s3-'));
  const folder = path.join(home, 'objects');
  const credentials = { accessKeyId: 'backstay-tests', secretAccessKey: `canary-${randomUUID()}` };
  await mkdir(path.join(home, 'sidecar'), { recursive: true });
  const port = await freePort();
  const createBucket = async (): Promise<string> => {
    const bucket = `bucket-${randomUUID()}`;
    await mkdir(path.join(folder, bucket), { recursive: true });
    return bucket;
  };
  const bucket = await createBucket();
  const start = () => launch({ file, port, home, credentials });
  let child = await start();
  return {
    port,
    bucket,
    credentials,
    folder,
    createBucket,
    url: (options = {}) => {
      const query = new URLSearchParams({ region, disableSSL: 'true', s3ForcePathStyle: 'true' });
      query.set('endpoint', `127.0.0.1:${options.port ?? port}`);
      if (options.prefix !== undefined) {
        query.set('prefix', options.prefix);
      }
      return `s3://${options.bucket ?? bucket}?${query.toString()}`;
    },
    kill: () => end(child, 'SIGKILL'),
    restart: async () => {
      await end(child, 'SIGKILL');
      child = await start();
    },
    stop: async () => {
      await end(child, 'SIGTERM');
      await rm(home, { recursive: true, force: true });
    },
  };
};
