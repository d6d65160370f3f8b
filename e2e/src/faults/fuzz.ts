import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { FaultCase, FaultRun } from './fault-case.ts';

const program = path.join(import.meta.dirname, '../../../engine/repository/src/fuzz/main.ts');
const shortRun = 1000;
/** Silence this long means that an input is never done with. Milliseconds. */
const longestSilence = 300_000;

interface Report {
  target: string;
  cases: number;
  broken?: string;
}

/** In a process of its own: what hangs or crashes there is seen here. */
async function fuzz(family: string, cases: number, run: FaultRun): Promise<void> {
  const seed = run.random.int(0, 2 ** 31);
  const args = [program, '--family', family, '--cases', String(cases), '--seed', String(seed)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  const hang = (): void => {
    run.broken(`${family}: an input hangs (seed ${seed})`);
    child.kill('SIGKILL');
  };
  let silence = setTimeout(hang, longestSilence);
  for await (const line of createInterface({ input: child.stdout })) {
    clearTimeout(silence);
    silence = setTimeout(hang, longestSilence);
    const report = JSON.parse(line) as Report;
    for (let done = 0; done < report.cases; done += 1) run.injected();
    if (report.broken !== undefined) run.broken(`${report.target}: ${report.broken}`);
  }
  clearTimeout(silence);
  const exitCode = await exit;
  if (exitCode !== 0) run.broken(`${family}: ends with ${exitCode} (seed ${seed})`);
}

const fuzzCase = (name: string, explains: string, longRun: number): FaultCase => ({
  name,
  explains,
  run: (run) => fuzz(name, run.rounds(shortRun, longRun), run),
});

/** Inputs that are made to hurt the repository server. */
export const fuzzCases: readonly FaultCase[] = [
  fuzzCase('T33', 'paths, names and templates that lead elsewhere', 1_000_000),
  fuzzCase('T34', 'names and headers that break lines, headers and terminals', 100_000),
  fuzzCase('T35', 'documents and bodies that are deep, large or change prototypes', 100_000),
  fuzzCase('T41', 'forged, changed and mixed credentials', 1_000_000),
  fuzzCase('FUZZ', 'everything else that is parsed: sizes, times, windows, ranges, multipart, OpenPGP', 1_000_000),
];
