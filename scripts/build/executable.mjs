// The client as one executable, for any Linux with this kind of processor: node scripts/build/executable.mjs [FILE]
// Needs gcc, for a few hundred bytes of machine code. Loader and C library are those of this machine, or of the folder in
// BACKSTAY_SYSROOT.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { makeExecutable } from '../lib/elf-executable.mjs';
import { root } from '../lib/paths.mjs';
import { buildExecutableProgram } from '../lib/server-bundles.mjs';

const sources = path.join(root, 'engine/client/executable');
const node = path.join(root, 'node_modules/node/bin/node');
const output = path.resolve(process.argv[2] ?? path.join(root, '.cache/backup-maker'));
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'backup-maker-'));

/** Loader first, then every library that Node needs. */
function libraries() {
  const listed = execFileSync('ldd', [node], { encoding: 'utf8' }).match(/\/\S+/g) ?? [];
  const isLoader = (file) => path.basename(file).startsWith('ld-linux');
  return [...listed.filter(isLoader), ...listed.filter((file) => !isLoader(file))];
}

function compileLauncher(address) {
  const file = path.join(work, 'launcher');
  const link = [
    `-Wl,-T,${sources}/launcher.ld`,
    `-Wl,--defsym=BASE=${address}`,
    '-Wl,--oformat=binary',
    '-Wl,--build-id=none',
  ];
  const compile = [
    '-Os',
    '-Wall',
    '-Wextra',
    '-Werror',
    '-ffreestanding',
    '-fno-builtin',
    '-fno-stack-protector',
    '-fcf-protection=none',
  ];
  const usual = process.arch === 'x64' ? compile : compile.filter((flag) => !flag.startsWith('-fcf'));
  try {
    execFileSync('gcc', [
      ...usual,
      '-fno-pie',
      '-no-pie',
      '-static',
      '-nostdlib',
      ...link,
      '-o',
      file,
      `${sources}/launcher.c`,
    ]);
  } catch (error) {
    if (error.code === 'ENOENT') throw new Error('gcc is missing. On Debian: apt-get install gcc');
    throw error;
  }
  return fs.readFileSync(file);
}

/** The bundle with its compiled code, as Node wants to find it. */
async function program() {
  await buildExecutableProgram(work);
  const config = {
    main: 'backup-maker.cjs',
    output: 'program',
    disableExperimentalSEAWarning: true,
    useCodeCache: true,
  };
  fs.writeFileSync(path.join(work, 'config.json'), JSON.stringify(config));
  execFileSync(node, ['--experimental-sea-config', 'config.json'], {
    cwd: work,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return fs.readFileSync(path.join(work, 'program'));
}

try {
  const executable = makeExecutable({ node, program: await program(), libraries: libraries(), compileLauncher });
  const fresh = `${output}.${process.pid}`;
  fs.mkdirSync(path.dirname(output), { recursive: true });
  fs.writeFileSync(fresh, executable, { mode: 0o755 });
  fs.renameSync(fresh, output);
} catch (error) {
  process.stderr.write(`The executable was not built: ${error.message}\n`);
  process.exitCode = 1;
} finally {
  fs.rmSync(work, { recursive: true, force: true });
}
