import os from 'node:os';
import { parseArgs } from 'node:util';
import { orUsage } from '../or-usage.ts';
import { type Benchmark, type Measurement, measure } from './benchmark.ts';
import { clientBenchmarks } from './client-benchmarks.ts';
import { consoleBenchmarks } from './console-benchmarks.ts';
import { engineBenchmarks } from './engine-benchmarks.ts';
import type { MeasuredOptions } from './options.ts';
import { repositoryBenchmarks } from './repository-benchmarks.ts';
import { versionsLists } from './versions-list.ts';

const benchmarks: readonly Benchmark[] = [
  ...clientBenchmarks,
  ...repositoryBenchmarks,
  ...versionsLists,
  ...engineBenchmarks,
  ...consoleBenchmarks,
];

const usage = `npm run load -- [--json] [--mib N] [--count N] NAME...

Measures the real programs, beside a peer in the same run where there is one. A busy machine measures something else.
  --json     one object a line: {name, value, unit, peer?, ratio?, goal, met}
  --mib N    size of the data
  --count N  number of things

${benchmarks.map(({ name, explains }) => `  ${name.padEnd(24)}${explains}`).join('\n')}
`;

const loadAverage = (): string => `load average ${os.loadavg()[0]?.toFixed(2)} on ${os.availableParallelism()} cores`;

const line = ({ name, value, unit, peer, ratio, goal, met }: Measurement): string =>
  [
    met ? 'met   ' : 'MISSED',
    name.padEnd(52),
    `${value} ${unit}`.padEnd(18),
    (peer === undefined ? '' : `peer ${peer} (${ratio} x)`).padEnd(28),
    goal,
  ].join(' ');

const positive = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));
const isPositive = (value: number | undefined): boolean =>
  value === undefined || (Number.isInteger(value) && value > 0);

/** Gives the number of missed goals. */
async function runOne(benchmark: Benchmark, options: MeasuredOptions, json: boolean): Promise<number> {
  process.stderr.write(`${benchmark.name}: ${loadAverage()} before`);
  const measurements = (await benchmark.run(options)).map(measure);
  process.stderr.write(`, ${loadAverage()} after\n`);
  for (const one of measurements) process.stdout.write(`${json ? JSON.stringify(one) : line(one)}\n`);
  return measurements.filter(({ met }) => !met).length;
}

async function main(): Promise<number> {
  const { values, positionals } = orUsage(usage, () =>
    parseArgs({
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        mib: { type: 'string' },
        count: { type: 'string' },
      },
    }),
  );
  const options = { mib: positive(values.mib), count: positive(values.count) };
  const chosen = benchmarks.filter(({ name }) => positionals.includes(name));
  const unknown = positionals.filter((name) => !benchmarks.some((one) => one.name === name));
  const bad = unknown.length > 0 || !isPositive(options.mib) || !isPositive(options.count);
  if (bad) process.stdout.write(unknown.length > 0 ? `No such benchmark: ${unknown.join(', ')}\n\n` : '');
  if (bad || values.help || chosen.length === 0) {
    process.stdout.write(usage);
    return bad ? 2 : 0;
  }
  let missed = 0;
  for (const benchmark of chosen) missed += await runOne(benchmark, options, values.json);
  return missed > 0 ? 1 : 0;
}

process.exitCode = await main();
