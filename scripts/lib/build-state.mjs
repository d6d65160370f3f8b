import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { root } from './paths.mjs';
import { hashOf, onceFor } from './stamp.mjs';

const common = ['shared', 'pnpm-lock.yaml', 'scripts/build'];
const parts = [
  { name: 'web', sources: ['web', ...common], result: 'web/dist/index.html', title: 'Building the console' },
  {
    name: 'server',
    sources: ['kubernetes', 'sqlite', 'bff', 'engine', 'deploy/crds', ...common],
    result: 'engine/cli/dist/backstay.mjs',
    title: 'Building the server',
  },
];

/** Builds each part again only when one of its sources changed. */
export async function ensureBuilt(node) {
  for (const part of parts) {
    await onceFor({
      name: `build-${part.name}`,
      hash: hashOf(part.sources.map((source) => path.join(root, source))),
      result: path.join(root, part.result),
      work: () => build(node, part),
    });
  }
}

function build(node, part) {
  process.stderr.write(`${part.title}…\n`);
  const started = Date.now();
  const result = spawnSync(node, [path.join(root, `scripts/build/${part.name}.mjs`)], {
    cwd: root,
    stdio: ['ignore', process.stderr, process.stderr],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  if (result.status !== 0) {
    process.stderr.write('The build failed; the lines above say why.\n');
    process.exit(result.status ?? 1);
  }
  process.stderr.write(`${part.title}: done in ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
}
