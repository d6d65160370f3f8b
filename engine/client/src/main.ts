import { basename, extname } from 'node:path';
import { runBackupMaker } from './run.ts';

const script = process.argv[1] ?? '';

process.exitCode = await runBackupMaker({
  argv: process.argv.slice(2),
  programName: basename(script, extname(script)),
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  signals: process,
});
