import { flushCompileCache } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { pino } from 'pino';
import { openFilesystemBlobs } from '../blobs/filesystem-blob-store.ts';
import { createFilesystemProvider } from '../configuration/filesystem-provider.ts';
import { openSqliteMetadata } from '../metadata/metadata-store.ts';
import { startRepository } from '../start-repository.ts';

/* A server of its own process for tests: kill -9 hits it at a point that is named on its standard input, such as
 * `before blobs.publish` or `after uploads.complete`. Argument: the home folder. */

const [home = ''] = process.argv.slice(2);
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

/** The same object, whose method ends the process before or after it does its work. */
const deadly = <T extends object>(object: T, name: string): T =>
  new Proxy(object, {
    get: (subject, property) => {
      const member: unknown = Reflect.get(subject, property);
      if (typeof member !== 'function') {
        return member;
      }
      const point = `${name}.${String(property)}`;
      return async (...args: unknown[]) => {
        dieAt(`before ${point}`);
        const result: unknown = await Reflect.apply(member, subject, args);
        dieAt(`after ${point}`);
        return result;
      };
    },
  });

const metadata = await openSqliteMetadata(path.join(home, 'repository.db'));
const blobs = await openFilesystemBlobs(path.join(home, 'blobs'));
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
});
process.stdout.write(`${running.url}\n`);
// It is written at a proper end only, and this process has none: the next start would compile everything again.
flushCompileCache();
process.once('SIGTERM', () => {
  process.stdin.destroy();
  void running.stop().then(() => process.exit(0));
});
