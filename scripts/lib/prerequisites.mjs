import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';

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
  { name: 'OpenSSL', found: () => inPath('openssl'), packages: ['openssl'] },
];

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

/** Installs what is missing where that can be done without asking (root on Debian); names the rest. Returns their names. */
export function bringPrerequisites() {
  const missing = () => programs.filter((program) => !program.found());
  if (missing().length > 0 && process.getuid?.() === 0 && inPath('apt-get')) {
    const packages = missing().flatMap((program) => program.packages);
    process.stderr.write(`Installing for the tests: ${packages.join(' ')}\n`);
    apt(['update', '-qq']);
    apt(['install', '-y', '-qq', '--no-install-recommends', ...packages]);
  }
  for (const program of missing()) {
    process.stderr.write(`Missing: ${program.name}. On Debian: apt-get install ${program.packages.join(' ')}\n`);
  }
  return missing().map((program) => program.name);
}

const apt = (args) =>
  spawnSync('apt-get', args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
