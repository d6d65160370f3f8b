// The door of every npm script. Runs on Node 20 or newer with nothing installed: brings the dependencies (pnpm by npm, the
// Node version that the code needs by a package) and the build, each only when its inputs changed, then runs the command.
import { spawn } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { ensureBuilt } from './lib/build-state.mjs';
import { ensureInstalled } from './lib/install-state.mjs';
import { root } from './lib/paths.mjs';

const bin = path.join(root, 'engine/cli/dist');
const tool = (name) => path.join(root, 'node_modules/.bin', name);

const commands = {
  backstay: { built: true, script: path.join(bin, 'backstay.mjs') },
  'backup-maker': { built: true, script: path.join(bin, 'backup-maker.mjs') },
  build: { built: true },
  'build --executable': { built: true, script: path.join(root, 'scripts/build/executable.mjs') },
  test: { script: path.join(root, 'scripts/test.mjs') },
  lint: { script: path.join(root, 'scripts/lint.mjs') },
  types: { script: path.join(root, 'scripts/types.mjs') },
  load: { built: true, script: path.join(root, 'e2e/src/load/main.ts') },
  faults: { built: true, script: path.join(root, 'e2e/src/faults/main.ts') },
  generate: { script: path.join(root, 'scripts/generate.mjs') },
  format: { executable: tool('biome'), prefix: ['check', '--write', '.'] },
  unit: { executable: tool('vitest'), prefix: ['run'] },
};

const [first, ...rest] = process.argv.slice(2);
const [name, args] = commands[`${first} ${rest[0]}`] ? [`${first} ${rest[0]}`, rest.slice(1)] : [first, rest];
const command = commands[name];
if (!command) {
  process.stderr.write(`Unknown command ${name ?? ''}. One of: ${Object.keys(commands).join(', ')}\n`);
  process.exit(2);
}

const major = Number(process.versions.node.split('.')[0]);
if (major < 20) {
  process.stderr.write(`Backstay needs Node 20 or newer to start; this is ${process.version}.\n`);
  process.exit(1);
}

await ensureInstalled();
const node = path.join(root, 'node_modules/node/bin/node');
if (command.built) await ensureBuilt(node);
if (command.script || command.executable) {
  const environment = { ...process.env, PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH ?? ''}` };
  const child = spawn(command.executable ?? node, [...(command.script ? [command.script] : command.prefix), ...args], {
    // The channel carries nothing: its end tells the command that this process is gone, however it went.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: environment,
  });
  // npm hands a signal to its child only; a terminal hands it to the whole group. Passing it on covers both.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  // npm killed outright tells nobody: an orphan has another parent.
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 250).unref();
  child.on('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (signal) process.removeAllListeners(signal);
    if (signal) process.kill(process.pid, signal);
    else process.exit(code ?? 1);
  });
}
