import { runBackupMaker } from './run.ts';

process.exitCode = await runBackupMaker({
  argv: process.argv.slice(2),
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  signals: process,
});
