import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { orUsage } from '../or-usage.ts';
import { cases } from './cases.ts';
import type { FaultCase } from './fault-case.ts';
import { createRandom } from './random.ts';

const shown = 10;

const usage = `npm run faults -- [--long [--share F]] [--json] [--seed N] [CASE...]

Hurts the real client and the real repository, and looks whether the promises still hold. Without a name: every case.
  --long     as many injections as a release needs (days)
  --share F  of these counts, above 0 and up to 1: for a night, an hour or ten minutes
  --json     one object a line: {case, injections, broken, seed}, with reasons where something broke
  --seed N   the same injections again

${cases.map(({ name, explains }) => `  ${name.padEnd(8)}${explains}`).join('\n')}
`;

interface Outcome {
  case: string;
  injections: number;
  broken: number;
  seed: number;
  /** The first of what broke; absent where nothing did. */
  reasons?: string[];
}

interface Extent {
  readonly seed: number;
  readonly long: boolean;
  readonly share: number;
}

async function inject(one: FaultCase, { seed, long, share }: Extent): Promise<Outcome> {
  const outcome: Outcome = { case: one.name, injections: 0, broken: 0, seed };
  const broken = (what: string): void => {
    outcome.broken += 1;
    if (outcome.broken > shown) return;
    outcome.reasons = [...(outcome.reasons ?? []), what];
    process.stderr.write(`${one.name}: ${what}\n`);
  };
  const injected = (): void => {
    outcome.injections += 1;
  };
  const rounds = (few: number, release: number): number => (long ? Math.max(few, Math.ceil(release * share)) : few);
  try {
    await one.run({ random: createRandom(seed), long, rounds, broken, injected });
  } catch (error) {
    broken(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  // A case that hurts nothing proves nothing.
  if (outcome.injections === 0) broken('nothing was injected');
  return outcome;
}

/** Where everything is promised to be there, a case that cannot run is a broken one. */
function skips({ name, missing }: FaultCase, json: boolean): boolean {
  const reason = missing?.();
  if (reason === undefined || process.env['CI'] === 'true') return false;
  const line = `${name.padEnd(8)}skipped: ${reason}`;
  process.stdout.write(`${json ? JSON.stringify({ case: name, skipped: reason }) : line}\n`);
  return true;
}

async function main(): Promise<number> {
  const { values, positionals } = orUsage(usage, () =>
    parseArgs({
      allowPositionals: true,
      options: {
        long: { type: 'boolean', default: false },
        share: { type: 'string', default: '1' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        seed: { type: 'string', default: String(randomInt(2 ** 32)) },
      },
    }),
  );
  const seed = Number(values.seed);
  const share = Number(values.share);
  const wanted = positionals.map((name) => name.toUpperCase());
  const unknown = wanted.filter((name) => !cases.some((one) => one.name === name));
  const unusable = !Number.isInteger(seed) || !(share > 0 && share <= 1);
  if (values.help || unknown.length > 0 || unusable) {
    process.stderr.write(unknown.length > 0 ? `No such case: ${unknown.join(', ')}\n\n${usage}` : usage);
    return values.help ? 0 : 2;
  }
  let broken = 0;
  for (const one of cases.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    if (skips(one, values.json)) continue;
    const started = performance.now();
    const outcome = await inject(one, { seed, long: values.long, share });
    broken += outcome.broken;
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const line = `${outcome.case.padEnd(8)}${outcome.injections} injections, ${outcome.broken} broken, seed ${seed} (${seconds} s)`;
    process.stdout.write(`${values.json ? JSON.stringify(outcome) : line}\n`);
  }
  return broken > 0 ? 1 : 0;
}

process.exitCode = await main();
