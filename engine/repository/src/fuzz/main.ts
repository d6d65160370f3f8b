import process from 'node:process';
import { parseArgs } from 'node:util';
import { fuzzFamilies } from './fuzz-target.ts';
import { shareCases } from './targets.ts';

/* Fuzzes one family: `node main.ts --family T33 --cases 1000 --seed 1`. Prints one JSON line for each part of the work. */

const { values } = parseArgs({
  options: {
    family: { type: 'string', default: 'FUZZ' },
    cases: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
  },
});

/** Small enough that silence means a hang. */
const portion = 500;
const family = fuzzFamilies.find((name) => name === values.family);
if (family === undefined) {
  throw new Error(`There is no family ${values.family}; there are ${fuzzFamilies.join(', ')}`);
}

for (const { target, runs } of shareCases(family, Number(values.cases))) {
  for (let done = 0, round = 0; done < runs; done += portion, round += 1) {
    const seed = (Number(values.seed) + round) | 0;
    const { cases, broken } = await target.run({ seed, runs: Math.min(portion, runs - done) });
    process.stdout.write(`${JSON.stringify({ target: target.name, cases, broken })}\n`);
  }
}
