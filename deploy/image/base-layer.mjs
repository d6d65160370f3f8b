import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';

const left = ['/usr/share/man/*', '/usr/share/doc/*', '/usr/share/info/*', '/usr/share/locale/*'];

/** Folder that keeps what was built: BACKSTAY_CACHE, /var/cache/backstay for root, or the user's cache. */
export function imageCache() {
  const base =
    process.env.BACKSTAY_CACHE ??
    (process.getuid?.() === 0 ? '/var/cache/backstay' : `${os.homedir()}/.cache/backstay`);
  const folder = path.join(base, 'image');
  fs.mkdirSync(folder, { recursive: true });
  return folder;
}

/**
 * A tar of a small Debian with the packages of a recipe; made once a week, so that security updates arrive.
 * @returns path of the file, which later calls return again
 */
export function baseLayer(recipe, now = Date.now()) {
  const week = Math.floor(now / 604_800_000);
  const hash = createHash('sha256')
    .update(JSON.stringify([recipe, left, process.arch, week]))
    .digest('hex')
    .slice(0, 16);
  const file = path.join(imageCache(), `debian-${hash}.tar`);
  if (fs.existsSync(file)) return file;
  if (process.getuid?.() !== 0) throw new Error('Debian packages can be installed into an image by root only.');
  const draft = `${file}.${process.pid}.new.tar`;
  const { status, error, stderr } = spawnSync('mmdebstrap', bootstrapArguments(recipe, draft), {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    env: { ...process.env, SOURCE_DATE_EPOCH: String(week * 604_800) },
  });
  if (error) throw new Error('mmdebstrap is missing. On Debian: apt-get install mmdebstrap debian-archive-keyring');
  if (status !== 0) {
    fs.rmSync(draft, { force: true });
    throw new Error(`mmdebstrap failed:\n${stderr.slice(-2000)}`);
  }
  fs.renameSync(draft, file);
  removeOld(path.dirname(file), now);
  return file;
}

/** Layers of earlier weeks are of no use any more. */
function removeOld(folder, now) {
  for (const name of fs.readdirSync(folder).filter((found) => found.startsWith('debian-'))) {
    const file = path.join(folder, name);
    if (now - fs.statSync(file).mtimeMs > 14 * 86_400_000) fs.rmSync(file, { force: true });
  }
}

const bootstrapArguments = ({ suite, sources, packages, user }, file) => [
  '--variant=minbase',
  `--include=${packages.join(',')}`,
  '--aptopt=APT::Install-Recommends "false"',
  ...left.map((pattern) => `--dpkgopt=path-exclude=${pattern}`),
  ...(user ? [`--customize-hook=chroot "$1" ${userCommand(user)}`] : []),
  suite,
  file,
  ...sources,
];

const userCommand = ({ name, id, home }) =>
  `sh -c "groupadd --gid ${id} ${name} && useradd --uid ${id} --gid ${id} --home-dir ${home} --create-home --shell /usr/sbin/nologin ${name}"`;
