import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { missingClusterPackages } from '../../e2e/src/kubernetes/prerequisites.ts';

/** Programs that the tests drive for real: how to see that one is there, and the Debian packages that bring it. */
const programs = [
  { name: 'Chromium', found: () => chromium() !== undefined, packages: ['chromium'] },
  {
    name: 'PostgreSQL server and client',
    found: () => postgresFolder() !== undefined,
    packages: ['postgresql', 'postgresql-client'],
  },
  {
    name: 'MariaDB server and client',
    found: () => fs.existsSync('/usr/sbin/mariadbd') && inPath('mariadb-dump'),
    packages: ['mariadb-server', 'mariadb-client'],
  },
  {
    name: 'Redis server and client',
    found: () => inPath('redis-server') && inPath('redis-cli'),
    packages: ['redis-server', 'redis-tools'],
  },
  { name: 'GnuPG', found: () => inPath('gpg'), packages: ['gnupg'] },
  { name: 'zstd', found: () => inPath('zstd'), packages: ['zstd'] },
  { name: 'setfacl and setfattr', found: () => inPath('setfacl') && inPath('setfattr'), packages: ['acl', 'attr'] },
  { name: 'GNU tar and gzip', found: () => inPath('tar') && inPath('gzip'), packages: ['tar', 'gzip'] },
  { name: 'C compiler (for the executable client)', found: () => inPath('gcc'), packages: ['gcc'] },
  { name: 'BusyBox without libraries', found: () => fs.existsSync('/bin/busybox'), packages: ['busybox-static'] },
  { name: 'OpenSSL', found: () => inPath('openssl'), packages: ['openssl'] },
  {
    name: 'containers for a Kubernetes with Pods',
    found: () => missingClusterPackages().length === 0,
    packages: missingClusterPackages(),
  },
];

const versitygwVersion = '1.8.0';
/** Programs that no Debian package brings: Go builds them into a folder of the version, once. */
const goPrograms = [
  {
    name: 'versitygw (an S3 server)',
    found: () => versitygw() !== undefined,
    module: `github.com/versity/versitygw/cmd/versitygw@v${versitygwVersion}`,
    folder: toolFolder(`versitygw-${versitygwVersion}`),
  },
];

function toolFolder(name) {
  return path.join(os.homedir(), '.cache/backstay/tools', name);
}

/** Path of the S3 server that the tests drive: VERSITYGW, the search path, or the one that was built for them. */
export function versitygw() {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  const built = toolFolder(`versitygw-${versitygwVersion}`);
  const names = [process.env.VERSITYGW, ...[...folders, built].map((folder) => path.join(folder, 'versitygw'))];
  return names.find((name) => name && fs.existsSync(name));
}

const inPath = (name) =>
  (process.env.PATH ?? '').split(path.delimiter).some((folder) => fs.existsSync(path.join(folder, name)));

/** Path of a Chromium: CHROMIUM, or the first one found. */
export function chromium() {
  const names = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  return names.find((name) => name && fs.existsSync(name));
}

/** Folder with the newest `postgres`, `initdb` and `pg_dump` of this machine. */
export function postgresFolder() {
  const base = '/usr/lib/postgresql';
  if (!fs.existsSync(base)) return undefined;
  return fs
    .readdirSync(base)
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => path.join(base, version, 'bin'))
    .find((folder) => ['postgres', 'initdb', 'pg_dump'].every((name) => fs.existsSync(path.join(folder, name))));
}

/** Installs what is missing where that can be done without asking (root on Debian, or Go); names the rest. Returns their names. */
export function bringPrerequisites() {
  const missing = (list) => list.filter((program) => !program.found());
  if (missing(programs).length > 0 && process.getuid?.() === 0 && inPath('apt-get')) {
    const packages = missing(programs).flatMap((program) => program.packages);
    process.stderr.write(`Installing for the tests: ${packages.join(' ')}\n`);
    apt(['update', '-qq']);
    apt(['install', '-y', '-qq', '--no-install-recommends', ...packages]);
  }
  missing(goPrograms).forEach(goInstall);
  for (const program of missing(programs)) {
    process.stderr.write(`Missing: ${program.name}. On Debian: apt-get install ${program.packages.join(' ')}\n`);
  }
  for (const { name, module, folder } of missing(goPrograms)) {
    process.stderr.write(`Missing: ${name}. With Go: GOBIN=${folder} go install ${module}\n`);
  }
  return missing([...programs, ...goPrograms]).map((program) => program.name);
}

/** Builds beside its place first: a build that is broken off must not look like a program. */
function goInstall({ name, module, folder }) {
  const go = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/local/go/bin']
    .map((place) => path.join(place, 'go'))
    .find((file) => fs.existsSync(file));
  if (go === undefined) return;
  process.stderr.write(`Building for the tests: ${name}\n`);
  const building = `${folder}.${process.pid}`;
  const { status } = spawnSync(go, ['install', module], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, GOBIN: building, CGO_ENABLED: '0' },
  });
  if (status === 0 && !fs.existsSync(folder)) fs.renameSync(building, folder);
  else fs.rmSync(building, { recursive: true, force: true });
}

const apt = (args) =>
  spawnSync('apt-get', args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
