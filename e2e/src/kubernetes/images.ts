import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
// The image tools of the product: scripts.
import { baseLayer } from '../../../deploy/image/base-layer.mjs';
import { writeArchive } from '../../../deploy/image/oci-archive.mjs';
import { cacheFolder } from './prerequisites.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const folder = (): string => path.join(cacheFolder(), 'image');

/** The image of the product as an archive, built now; only its Debian part is kept from one run to the next. */
export function productImage(): string {
  const output = path.join(folder(), 'backstay.tar');
  execFileSync(process.execPath, [path.join(root, 'deploy/image/build.mjs'), '--output', output], { stdio: 'pipe' });
  return output;
}

/** Name under which the built-in procedure asks for a PostgreSQL of this version. */
export const postgresImageName = 'docker.io/library/postgres:15-bookworm';

/** An image with a PostgreSQL server and client of Debian, and without Node or GnuPG. */
export async function postgresImage(): Promise<string> {
  const layer = baseLayer({
    suite: 'trixie',
    sources: ['deb http://deb.debian.org/debian trixie main'],
    packages: ['bash', 'postgresql'],
  });
  const file = path.join(folder(), 'postgres.tar');
  const config = { Env: ['PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], Cmd: ['/bin/bash'] };
  await writeArchive({
    file,
    layers: [layer],
    config,
    reference: postgresImageName,
    created: '1970-01-01T00:00:00Z',
  });
  return file;
}

export const removeImages = (): void => {
  for (const name of ['backstay.tar', 'postgres.tar']) fs.rmSync(path.join(folder(), name), { force: true });
};
