// Writes image archives by the OCI image layout: a tar of blobs, each named by its SHA-256. No image tool is needed for that.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/** Options of GNU tar that make the same files give the same bytes, whoever made them and with whatever umask. */
const reproducible = [
  ...['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--format=gnu'],
  '--mode=u+rwX,go+rX,go-w',
];

/** Packs a folder; `epoch` in seconds stands for the time of every file. */
export function packFolder(folder, file, epoch) {
  const { status, stderr } = spawnSync('tar', [...reproducible, `--mtime=@${epoch}`, '-C', folder, '-cf', file, '.']);
  if (status !== 0) throw new Error(`tar could not pack ${folder}: ${stderr}`);
}

/**
 * Makes an archive of tar files as layers, lowest first. `config` is the `config` member of an image configuration.
 * With `compress` the layers are gzipped: slower to make, smaller to push.
 */
export async function writeArchive({ file, layers, config, reference, created, compress = false }) {
  const folder = fs.mkdtempSync(`${file}.parts-`);
  try {
    const blobs = path.join(folder, 'blobs/sha256');
    fs.mkdirSync(blobs, { recursive: true });
    const descriptors = [];
    for (const layer of layers) descriptors.push(await addLayer(blobs, layer, compress));
    const configuration = addJson(blobs, 'application/vnd.oci.image.config.v1+json', {
      created,
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
      config,
      rootfs: { type: 'layers', diff_ids: descriptors.map(({ plain }) => plain) },
    });
    const manifest = addJson(blobs, 'application/vnd.oci.image.manifest.v1+json', {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: configuration,
      layers: descriptors.map(({ plain, ...descriptor }) => descriptor),
    });
    const annotations = {
      'org.opencontainers.image.ref.name': reference.slice(reference.lastIndexOf(':') + 1),
      'io.containerd.image.name': reference,
    };
    write(folder, 'index.json', { schemaVersion: 2, manifests: [{ ...manifest, annotations }] });
    write(folder, 'oci-layout', { imageLayoutVersion: '1.0.0' });
    packFolder(folder, `${file}.new`, Math.floor(Date.parse(created) / 1000));
    fs.renameSync(`${file}.new`, file);
    return manifest.digest;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
    fs.rmSync(`${file}.new`, { force: true });
  }
}

async function addLayer(blobs, layer, compress) {
  const plain = await digestOf(layer);
  const draft = path.join(blobs, 'draft');
  if (compress) await pipeline(fs.createReadStream(layer), createGzip({ level: 9 }), fs.createWriteStream(draft));
  else fs.copyFileSync(layer, draft, fs.constants.COPYFILE_FICLONE);
  const digest = compress ? await digestOf(draft) : plain;
  fs.renameSync(draft, path.join(blobs, digest.slice(7)));
  return {
    mediaType: `application/vnd.oci.image.layer.v1.tar${compress ? '+gzip' : ''}`,
    digest,
    size: fs.statSync(path.join(blobs, digest.slice(7))).size,
    plain,
  };
}

async function digestOf(file) {
  const hash = createHash('sha256');
  await pipeline(fs.createReadStream(file), hash);
  return `sha256:${hash.digest('hex')}`;
}

function addJson(blobs, mediaType, value) {
  const bytes = Buffer.from(JSON.stringify(value));
  const hex = createHash('sha256').update(bytes).digest('hex');
  fs.writeFileSync(path.join(blobs, hex), bytes);
  return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
}

const write = (folder, name, value) => fs.writeFileSync(path.join(folder, name), JSON.stringify(value));
