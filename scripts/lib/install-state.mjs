import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { root } from './paths.mjs';
import { hashOf, onceFor } from './stamp.mjs';

const pnpm = '12.21.0';

/** Installs exactly what the lockfile says, once per lockfile. */
export async function ensureInstalled() {
  await onceFor({
    name: 'install',
    hash: hashOf(['pnpm-lock.yaml', 'pnpm-workspace.yaml'].map((file) => path.join(root, file))),
    result: path.join(root, 'node_modules/node/bin/node'),
    work: install,
  });
}

function install() {
  process.stderr.write('Installing dependencies (the first time takes a minute)…\n');
  const result = spawnSync(
    'npm',
    ['exec', '--yes', `--package=pnpm@${pnpm}`, '--', 'pnpm', 'install', '--frozen-lockfile', '--prefer-offline'],
    {
      cwd: root,
      // The first line of a command's stdout belongs to the command.
      stdio: ['ignore', process.stderr, process.stderr],
      env: { ...process.env, CI: '1', PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1' },
    },
  );
  if (result.status !== 0) {
    process.stderr.write('The dependencies could not be installed; the lines above say why.\n');
    process.exit(result.status ?? 1);
  }
}
