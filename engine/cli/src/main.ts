import process from 'node:process';
import { runCli } from './run-cli.ts';

const exitCode = await runCli(process.argv.slice(2), process.env);
// A command may have set its own.
process.exitCode ||= exitCode;
