import { randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fuzzFamilies } from './fuzz-target.ts';
import { shareCases } from './targets.ts';

/** Cases of each family, 51,500 together; `npm run faults -- --long T33 T34 T35 T41 FUZZ` tries a million and more. */
const cases = { T33: 12_000, T34: 8500, T35: 5000, T41: 6000, FUZZ: 20_000 } as const;
const seed = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 31));

describe.each(fuzzFamilies)(`%s with the seed ${seed}`, (family) => {
  it.each(shareCases(family, cases[family]).map(({ target, runs }) => ({ name: target.name, target, runs })))(
    '$name: $runs inputs',
    async ({ target, runs }) => {
      const { cases: tried, broken } = await target.run({ seed, runs });
      expect(broken).toBeUndefined();
      expect(tried).toBeGreaterThanOrEqual(runs);
    },
  );
});
