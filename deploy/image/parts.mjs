import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { root } from '../../scripts/lib/paths.mjs';

const target = 'opt/backstay';
const built = ['engine/cli/dist', 'web/dist'];

/** Copies what stands above Debian into `folder`: Node, the bundles, the web app, native addons, the client as an executable, and the commands. */
export function copyParts(folder) {
  const result = spawnSync(process.execPath, [path.join(root, 'scripts/run.mjs'), 'build'], {
    stdio: ['ignore', 2, 2],
  });
  if (result.status !== 0) throw new Error('the build of the parts failed; the lines above say why.');
  const place = (name) => path.join(folder, target, name);
  for (const name of built) {
    fs.cpSync(path.join(root, name), place(name), { recursive: true, filter: (file) => !file.endsWith('.map') });
  }
  fs.mkdirSync(place('bin'), { recursive: true });
  fs.copyFileSync(path.join(root, 'node_modules/node/bin/node'), place('bin/node'));
  fs.chmodSync(place('bin/node'), 0o755);
  const executable = spawnSync(
    process.execPath,
    [path.join(root, 'scripts/build/executable.mjs'), place('bin/backup-maker')],
    {
      stdio: ['ignore', 2, 2],
    },
  );
  if (executable.status !== 0) throw new Error('the executable client was not built; the lines above say why.');
  copyAddons(place('engine/cli/node_modules'));
  for (const name of ['release.yaml', 'LICENSE']) fs.copyFileSync(path.join(root, name), place(name));
  fs.cpSync(path.join(import.meta.dirname, 'root'), folder, { recursive: true });
}

/** The bundle leaves native addons outside; each is a package that finds its binary as a package of its own. */
function copyAddons(modules) {
  const scope = path.join(modules, '@node-rs');
  const main = fs.realpathSync(path.join(root, 'engine/cli/node_modules/@node-rs/argon2'));
  fs.cpSync(main, path.join(scope, 'argon2'), { recursive: true, dereference: true });
  const binary = `argon2-linux-${process.arch}-gnu`;
  const manifest = createRequire(path.join(main, 'package.json')).resolve(`@node-rs/${binary}/package.json`);
  fs.cpSync(path.dirname(manifest), path.join(scope, binary), { recursive: true, dereference: true });
}
