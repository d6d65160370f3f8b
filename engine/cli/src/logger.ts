import fs from 'node:fs';
import path from 'node:path';
import { Writable } from 'node:stream';
import { harmlessLogging, harmlessText } from '@backstay/shared';
import pino, { type Logger } from 'pino';

const keepBytes = 10 * 1024 * 1024;
/** What waits for a full disk to have room again; the rest is dropped. */
const waitingBytes = 1024 * 1024;

const lineOptions = (level: string) => ({
  ...{ level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime, hooks: harmlessLogging },
});

/** Logs as JSON lines to standard output, where a cluster collects them. */
export const createJsonLogger = (level: string): Logger => pino(lineOptions(level));

/** Logs as JSON lines into `<home>/backstay.log`; warnings and errors also reach the terminal as one readable line each. */
export function createLogger(home: string, level: string): Logger {
  const file = path.join(home, 'backstay.log');
  const size = fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > keepBytes) fs.renameSync(file, `${file}.1`);
  return pino(
    lineOptions(level),
    pino.multistream([
      { level: level as pino.Level, stream: logFile(file) },
      { level: 'warn', stream: terminal() },
    ]),
  );
}

function logFile(dest: string) {
  const stream = pino.destination({ dest, mkdir: true, mode: 0o600, sync: true, maxLength: waitingBytes });
  // A log that cannot be written must not end the work that it is about.
  stream.on('error', () => undefined);
  return stream;
}

function terminal(): Writable {
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      process.stderr.write(readable(chunk.toString()));
      done();
    },
  });
}

/** A pino line as a person reads it. */
export function readable(line: string): string {
  const { level, msg, err } = JSON.parse(line) as { level: number; msg?: string; err?: { message?: string } };
  const cause = err?.message && err.message !== msg ? `: ${err.message}` : '';
  return `${harmlessText(`${level >= 50 ? 'Error' : 'Warning'}: ${msg ?? ''}${cause}`)}\n`;
}
