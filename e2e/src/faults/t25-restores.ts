import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { runClient } from '../harness/client-process.ts';
import { digestOf } from '../harness/repository-api.ts';
import { Bench } from './bench.ts';
import type { FaultCase, FaultRun } from './fault-case.ts';
import { startProxy } from './proxy.ts';
import { limitData } from './toxics.ts';

const size = 3_000_000;
const marker = 'BACKSTAY_FAULT_RUN';

interface Restored {
  exitCode: number | null;
  /** Whether the loader saw a clean end of its input. */
  sawEnd: boolean;
  output: string;
}

async function restore(bench: Bench, loader: string, url?: string): Promise<Restored> {
  const id = randomUUID();
  const output = path.join(bench.repository.home, id);
  const { exitCode } = await runClient(['restore', '-c', `${loader.replaceAll('OUT', output)}; echo > ${output}.end`], {
    ...bench.environment(url),
    [marker]: id,
  });
  await allGone(id);
  return { exitCode, sawEnd: fs.existsSync(`${output}.end`), output };
}

/** Processes of a run that still live have its id in their environment. Some may be ending right now. */
async function allGone(id: string): Promise<void> {
  const lives = () => fs.readdirSync('/proc').some((pid) => environmentOf(pid).includes(id));
  for (const end = Date.now() + 3000; lives(); await delay(20)) {
    if (Date.now() > end) throw new Error('a process of the loader outlives the client');
  }
}

function environmentOf(pid: string): string {
  try {
    return /^\d+$/.test(pid) ? fs.readFileSync(`/proc/${pid}/environ`, 'utf8') : '';
  } catch {
    return '';
  }
}

async function strikeLoader(bench: Bench, run: FaultRun): Promise<void> {
  const bytes = run.random.int(0, size);
  const end = run.random.pick(['exit 1', 'kill -9 $$', 'kill -15 $$']);
  const loader = `head -c ${bytes} > OUT; ${end}`;
  const { exitCode } = await restore(bench, loader);
  run.injected();
  if (exitCode === 0) run.broken(`${loader}: the client says success`);
}

async function cutDownload(bench: Bench, run: FaultRun, once: boolean): Promise<void> {
  const bytes = run.random.int(1000, size);
  await using proxy = await startProxy(bench.repository.url, {
    down: (connection) => (once && connection > 0 ? undefined : limitData(bytes)),
  });
  const { exitCode, sawEnd, output } = await restore(bench, 'cat > OUT', proxy.url);
  run.injected();
  const what = `download cut ${once ? 'once' : 'each time'} after ${bytes} bytes`;
  if (exitCode !== 0 && sawEnd) run.broken(`${what}: the loader saw a clean end although the restore failed`);
  if (exitCode === 0) {
    const same = (await digestOf(fs.createReadStream(output))) === (await digestOf(fs.createReadStream(source(bench))));
    if (!same || !sawEnd) run.broken(`${what}: said to be restored, and is not`);
  }
  if (once && exitCode !== 0) run.broken(`${what}: the client does not resume`);
}

const source = (bench: Bench): string => path.join(bench.repository.home, 'source');

export const brokenRestores: FaultCase = {
  name: 'T25',
  explains: 'the loader of a restore exits 1 or is killed; the download is cut, once or always',
  run: async (run) => {
    await using bench = await Bench.start();
    fs.writeFileSync(source(bench), run.random.bytes(size));
    const made = await runClient(['make', '-c', `cat ${source(bench)}`], bench.environment());
    if (made.exitCode !== 0) throw new Error(made.log);
    for (let round = 0; round < run.rounds(2, 170); round += 1) {
      await strikeLoader(bench, run);
      await cutDownload(bench, run, true);
      await cutDownload(bench, run, false);
    }
  },
};
