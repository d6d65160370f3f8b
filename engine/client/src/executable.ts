import { basename } from 'node:path';
import { runBackupMaker } from './run.ts';

// Nobody reads the log any more: the backup goes on without it.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

// The launcher hid it from the client, which has libraries of its own. Commands have those of the image.
const { _D_PRELOAD: preload, ...env } = process.env;

void runBackupMaker({
  argv: process.argv.slice(2),
  programName: basename(process.argv0),
  env: { ...env, ...(preload === undefined ? {} : { LD_PRELOAD: preload }) },
  stdout: process.stdout,
  stderr: process.stderr,
  signals: process,
}).then((exitCode) => {
  process.exitCode = exitCode;
});
