import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { runClient, startClient } from '../harness/client-process.ts';
import { Bench } from './bench.ts';
import type { FaultCase, FaultRun } from './fault-case.ts';

const dump = 'for i in $(seq 24); do head -c 100000 /dev/urandom; sleep 0.01; done';
const failingSync = path.join(import.meta.dirname, 'disk/failing-sync.ts');
const recovery = 30_000;

/** A small disk of its own, gone in the end. */
function mountDisk(mib: number): { folder: string; [Symbol.dispose](): void } {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'backstay-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mib}m,mode=700`, 'tmpfs', folder]);
  return {
    folder,
    [Symbol.dispose]: () => {
      execFileSync('umount', ['--lazy', folder]);
      fs.rmdirSync(folder);
    },
  };
}

/** Takes every byte that is left. */
function fill(file: string): void {
  const block = Buffer.alloc(1 << 20);
  const handle = fs.openSync(file, 'a');
  try {
    for (let bytes = block.length; bytes >= 4096; ) {
      try {
        fs.writeSync(handle, block, 0, bytes);
      } catch {
        bytes /= 2;
      }
    }
  } finally {
    fs.closeSync(handle);
  }
}

async function worksAgain(bench: Bench, run: FaultRun, what: string): Promise<void> {
  for (const end = Date.now() + recovery; ; await delay(100)) {
    const { exitCode, log } = await runClient(['make', '-c', 'head -c 100000 /dev/urandom'], bench.environment());
    if (exitCode === 0) return;
    if (Date.now() > end) return run.broken(`${what}: backups do not work again: ${log}`);
  }
}

interface Fault {
  readonly what: string;
  begin(): void;
  end(): void;
}

async function strike(bench: Bench, run: FaultRun, fault: Fault): Promise<void> {
  const { end } = startClient(['make', '-c', dump], bench.environment());
  await delay(run.random.int(0, 900));
  fault.begin();
  const { exitCode } = await end;
  const others = await bench.api.list().catch(() => undefined);
  fault.end();
  run.injected();
  const { what } = fault;
  if (others === undefined) run.broken(`${what}: versions cannot even be listed`);
  if (exitCode === null) run.broken(`${what}: the client crashed`);
  const before = await bench.check(run, { what, settled: false });
  if (exitCode !== 0 && before.length > 0) run.broken(`${what}: the client was told no, and a version is there`);
  bench.accept(before);
  await worksAgain(bench, run, what);
  bench.accept(await bench.check(run, { what: `after ${what}`, settled: true }));
}

export const diskFull: FaultCase = {
  name: 'T8',
  explains: 'the disk is full, or fsync fails, at a random moment of an upload',
  missing: () => (process.getuid?.() === 0 ? undefined : 'only root may mount a small disk'),
  run: async (run) => {
    using disk = mountDisk(run.long ? 1200 : 200);
    const home = path.join(disk.folder, 'home');
    const [filler, control] = [path.join(disk.folder, 'filler'), path.join(disk.folder, 'fail-sync')];
    fs.mkdirSync(home);
    await using bench = await Bench.start(
      {},
      { home, preloads: [failingSync], environment: { BACKSTAY_FAIL_SYNC: control } },
    );
    await bench.works();
    const faults: Fault[] = [
      { what: 'a full disk', begin: () => fill(filler), end: () => fs.rmSync(filler, { force: true }) },
      { what: 'a failing fsync', begin: () => fs.writeFileSync(control, ''), end: () => fs.rmSync(control) },
    ];
    for (let round = 0; round < run.rounds(2, 150); round += 1) {
      for (const fault of faults) await strike(bench, run, fault);
    }
  },
};
