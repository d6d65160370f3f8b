import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { root } from './paths.mjs';

/**
 * What the random part of the tests begins with, below 2^28. The same commit is tested in the same way wherever and however
 * often, so that a finding can be repeated; each commit in another way, so that something new is tried. Without Git: by chance.
 */
export function testSeed() {
  const { status, stdout } = spawnSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' });
  const seed = status === 0 ? Number.parseInt(stdout.slice(0, 7), 16) : Number.NaN;
  return Number.isNaN(seed) ? randomInt(2 ** 28) : seed;
}
