import { basename, extname } from 'node:path';
import { runBackupMaker } from './run.ts';

// Nobody reads the log any more: the backup goes on without it.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

const script = process.argv[1] ?? '';

process.exitCode = await runBackupMaker({
  argv: process.argv.slice(2),
  programName: basename(script, extname(script)),
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  signals: process,
});
