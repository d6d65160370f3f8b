import { flushCompileCache } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { pino } from 'pino';
import type { BlobStore } from '../blobs/blob-store.ts';
import { openFilesystemBlobs } from '../blobs/filesystem-blob-store.ts';
import { openS3Blobs } from '../blobs/s3/open-s3-blobs.ts';
import { createFilesystemProvider } from '../configuration/filesystem-provider.ts';
import { type MetadataStore, openSqliteMetadata } from '../metadata/metadata-store.ts';
import { openPostgresMetadata } from '../metadata/postgres.ts';
import { parseStorageUrl } from '../settings/storage-url.ts';
import { startRepository } from '../start-repository.ts';
import type { SharedStores } from './crash-server.ts';

/* A server of its own process for tests: kill -9 hits it at a point that is named on its standard input, such as
 * `before blobs.publish` or `after uploads.complete`. Arguments: the home folder and, for one of several servers, what they
 * share, as JSON. */

const [home = '', shared = '{}'] = process.argv.slice(2);
const { postgresPort, bucket, turnTimes }: SharedStores = JSON.parse(shared);
let armed = '';
createInterface({ input: process.stdin }).on('line', (point) => {
  armed = point;
  process.stdout.write(`armed ${point}\n`);
});

const dieAt = (point: string): void => {
  if (armed === point) {
    process.kill(process.pid, 'SIGKILL');
  }
};

const dying =
  (point: string) =>
  <T>(value: T): T => {
    dieAt(point);
    return value;
  };

/** The same object, whose method ends the process before or after it does its work. */
const deadly = <T extends object>(object: T, name: string): T =>
  new Proxy(object, {
    get: (subject, property) => {
      const member: unknown = Reflect.get(subject, property);
      if (typeof member !== 'function') {
        return member;
      }
      const point = `${name}.${String(property)}`;
      return (...args: unknown[]) => {
        dieAt(`before ${point}`);
        const result: unknown = Reflect.apply(member, subject, args);
        // What lists step by step is no promise.
        return result instanceof Promise ? result.then(dying(`after ${point}`)) : result;
      };
    },
  });

const openMetadata = (): Promise<MetadataStore> =>
  postgresPort === undefined
    ? openSqliteMetadata(path.join(home, 'repository.db'))
    : openPostgresMetadata({
        ...{ host: '127.0.0.1', port: postgresPort, user: 'backstay', password: '', database: 'postgres' },
        onError: () => undefined,
      });
const openBlobs = async (): Promise<BlobStore> => {
  const location = bucket && parseStorageUrl(bucket.url);
  return bucket !== undefined && location?.kind === 's3'
    ? openS3Blobs(location, { credentials: bucket.credentials })
    : await openFilesystemBlobs(path.join(home, 'blobs'));
};

const metadata = await openMetadata();
const blobs = await openBlobs();
const running = await startRepository({
  host: '127.0.0.1',
  port: 0,
  configuration: createFilesystemProvider(path.join(home, 'configuration'), 'backups'),
  metadata: {
    ...metadata,
    uploads: deadly(metadata.uploads, 'uploads'),
    versions: deadly(metadata.versions, 'versions'),
    marks: deadly(metadata.marks, 'marks'),
    maintenance: deadly(metadata.maintenance, 'maintenance'),
  },
  blobs: deadly(blobs, 'blobs'),
  jwtKey: 'a key for tests',
  logger: pino({ level: 'silent' }),
  rateLimits: { default: 0, auth: 0 },
  uploadGrace: 0,
  drainTime: 1000,
  ...(turnTimes === undefined ? {} : { turnTimes }),
});
process.stdout.write(`${running.url}\n`);
// It is written at a proper end only, and this process has none: the next start would compile everything again.
flushCompileCache();
process.once('SIGTERM', () => {
  process.stdin.destroy();
  void running.stop().then(() => process.exit(0));
});
