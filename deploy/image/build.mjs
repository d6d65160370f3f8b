// Builds the image of all parts, from Debian packages and the build of this folder, as an OCI archive. Needs root on Linux,
// and the Debian packages mmdebstrap and debian-archive-keyring; no image registry.
//   node deploy/image/build.mjs [--output FILE] [--reference NAME:TAG] [--compress]
//   node deploy/image/build.mjs --root FOLDER    only the files that stand above Debian, for the Containerfile
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { root } from '../../scripts/lib/paths.mjs';
import { baseLayer, imageCache } from './base-layer.mjs';
import { packFolder, writeArchive } from './oci-archive.mjs';
import { copyParts } from './parts.mjs';
import { readRelease } from './release.mjs';

const recipe = JSON.parse(fs.readFileSync(path.join(import.meta.dirname, 'image.json'), 'utf8'));
const release = readRelease(root);

/** Labels and start of the image; the Containerfile says the same. */
const config = {
  User: `${recipe.user.id}:${recipe.user.id}`,
  Env: [
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    `HOME=${recipe.user.home}`,
    'LANG=C.UTF-8',
  ],
  Entrypoint: ['/usr/bin/backstay'],
  WorkingDir: recipe.user.home,
  ExposedPorts: { '8080/tcp': {} },
  Labels: release.labels,
};

async function buildArchive({ output, reference, compress }) {
  const base = baseLayer(recipe);
  const parts = fs.mkdtempSync(path.join(imageCache(), 'parts-'));
  try {
    copyParts(parts);
    const layer = `${parts}.tar`;
    packFolder(parts, layer, release.epoch);
    const layers = [base, layer];
    const created = new Date(release.epoch * 1000).toISOString();
    const digest = await writeArchive({ file: output, layers, config, reference, created, compress });
    process.stdout.write(`${output} ${reference} ${digest}\n`);
  } finally {
    fs.rmSync(parts, { recursive: true, force: true });
    fs.rmSync(`${parts}.tar`, { force: true });
  }
}

const { values } = parseArgs({
  options: {
    output: { type: 'string', default: path.join(root, '.cache/backstay-image.tar') },
    reference: { type: 'string', default: release.image },
    compress: { type: 'boolean', default: false },
    root: { type: 'string' },
  },
});
try {
  if (values.root === undefined) await buildArchive({ ...values, output: path.resolve(values.output) });
  else copyParts(path.resolve(values.root));
} catch (error) {
  process.stderr.write(`The image was not built: ${error.message}\n`);
  process.exit(1);
}
