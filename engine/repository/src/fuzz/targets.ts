import type { FuzzFamily, FuzzTarget } from './fuzz-target.ts';
import { documentTargets } from './targets/documents.ts';
import { framingTargets } from './targets/framing.ts';
import { lineTargets } from './targets/lines.ts';
import { parserTargets } from './targets/parsers.ts';
import { pathTargets } from './targets/paths.ts';
import { routeTargets } from './targets/routes.ts';
import { tokenTargets } from './targets/tokens.ts';
import { wireTargets } from './targets/wire.ts';

/** Everything that takes input from outside. */
export const fuzzTargets: readonly FuzzTarget[] = [
  ...parserTargets,
  ...framingTargets,
  ...pathTargets,
  ...lineTargets,
  ...documentTargets,
  ...tokenTargets,
  ...wireTargets,
  ...routeTargets,
];

/** The targets of a family, each with its part of `cases`. */
export const shareCases = (family: FuzzFamily, cases: number): { target: FuzzTarget; runs: number }[] => {
  const targets = fuzzTargets.filter((target) => target.family === family);
  const total = targets.reduce((sum, { weight }) => sum + weight, 0);
  return targets.map((target) => ({ target, runs: Math.ceil((cases * target.weight) / total) }));
};
