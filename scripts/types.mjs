import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { root } from './lib/paths.mjs';

const projects = ['shared', 'shared/tsconfig.test.json', 'kubernetes', 'sqlite', 'bff', 'web', 'e2e', ...engines()];
const failed = projects.filter((project) => {
  const result = spawnSync(path.join(root, 'node_modules/.bin/tsc'), ['-p', path.join(root, project)], {
    stdio: 'inherit',
  });
  return result.status !== 0;
});
if (failed.length > 0) process.stderr.write(`Types do not hold in: ${failed.join(', ')}\n`);
process.exit(failed.length > 0 ? 1 : 0);

function engines() {
  const folder = path.join(root, 'engine');
  return fs.readdirSync(folder).map((name) => `engine/${name}`);
}
