import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { root } from './lib/paths.mjs';

const run = (name, args) =>
  spawnSync(path.join(root, 'node_modules/.bin', name), args, { stdio: 'inherit', cwd: root }).status ?? 1;

const steps = [
  () => run('biome', ['check', '--error-on-warnings', '.']),
  () =>
    run('oxlint', ['--type-aware', '--deny-warnings', 'shared', 'kubernetes', 'sqlite', 'bff', 'web', 'engine', 'e2e']),
];
process.exit(steps.map((step) => step()).some((status) => status !== 0) ? 1 : 0);
