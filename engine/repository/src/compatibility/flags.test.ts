import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { runRepositoryCommand } from '../run-repository-command.ts';
import { type RepositorySettings, repositorySettingDefinitions } from '../settings/definitions.ts';
import { repositorySettings, repositoryUsage, SettingsError } from '../settings/repository-settings.ts';

/* The flags and variables that deployments of the old server use. */

type Name = keyof RepositorySettings;
interface OldFlag {
  readonly name: Name;
  readonly flag: string;
  readonly short?: string;
  readonly env?: string;
  readonly byDefault: unknown;
  /** A value as text, and what it gives. */
  readonly text: string;
  readonly value: unknown;
  readonly other: string;
}

const minute = 60_000;
const text = (name: Name, flag: string, more: Pick<OldFlag, 'byDefault'> & Partial<OldFlag>): OldFlag => ({
  ...{ name, flag, text: 'one', value: 'one', other: 'two' },
  ...more,
});
const time = (name: Name, flag: string, more: Pick<OldFlag, 'byDefault' | 'env'>): OldFlag =>
  text(name, flag, { text: '1h30m', value: 90 * minute, other: '1s', ...more });
const rate = (name: Name, flag: string, byDefault: number): OldFlag =>
  text(name, flag, { byDefault, text: '7', value: 7, other: '8' });

const oldFlags: OldFlag[] = [
  text('namespace', 'namespace', { short: 'n', byDefault: 'backup-repository' }),
  text('dbHostname', 'db-hostname', { env: 'BR_DB_HOSTNAME', byDefault: 'localhost' }),
  text('dbUser', 'db-user', { env: 'BR_DB_USERNAME', byDefault: '' }),
  text('dbPassword', 'db-password', {
    env: 'BR_DB_PASSWORD',
    byDefault: '',
    text: `it's "x" \\ $Y`,
    value: `it's "x" \\ $Y`,
  }),
  text('dbName', 'db-name', { env: 'BR_DB_NAME', byDefault: '' }),
  text('dbPort', 'db-port', { env: 'BR_DB_PORT', byDefault: 5432, text: '5433', value: 5433, other: '1' }),
  text('jwtSecretKey', 'jwt-secret-key', { short: 's', env: 'BR_JWT_SECRET_KEY', byDefault: 'key' }),
  text('healthCheckKey', 'health-check-key', { short: 'k', env: 'BR_HEALTH_CHECK_KEY', byDefault: '' }),
  text('logLevel', 'log-level', {
    env: 'BR_LOG_LEVEL',
    byDefault: 'debug',
    text: 'warning',
    value: 'warn',
    other: 'info',
  }),
  text('storageUrl', 'storage-url', { env: 'BR_STORAGE_DRIVER_URL', byDefault: 'file:///tmp' }),
  text('useGoogleCloud', 'use-google-cloud', {
    ...{ env: 'BR_USE_GOOGLE_CLOUD', byDefault: false, text: 'true', value: true, other: 'false' },
  }),
  time('storageHealthTimeout', 'storage-health-timeout', { env: 'BR_STORAGE_HEALTH_TIMEOUT', byDefault: 5000 }),
  time('storageIoTimeout', 'storage-io-timeout', { env: 'BR_STORAGE_IO_TIMEOUT', byDefault: 0 }),
  time('httpUploadTimeout', 'http-upload-timeout', { env: 'BR_HTTP_UPLOAD_TIMEOUT', byDefault: 0 }),
  time('httpDownloadTimeout', 'http-download-timeout', { env: 'BR_HTTP_DOWNLOAD_TIMEOUT', byDefault: 0 }),
  rate('rateDefaultLimit', 'rate-default-limit', 5),
  rate('rateAuthLimit', 'rate-auth-limit', 10),
  rate('rateCollectionHealthLimit', 'rate-collection-health-limit', 10),
  rate('rateServerHealthLimit', 'rate-server-health-limit', 160),
  text('listen', 'listen', {
    ...{ byDefault: { host: '', port: 8080 }, text: '127.0.0.1:9', value: { host: '127.0.0.1', port: 9 }, other: ':1' },
  }),
  text('provider', 'provider', {
    ...{ short: 'p', env: 'BR_CONFIG_PROVIDER', byDefault: 'kubernetes' },
    ...{ text: 'filesystem', value: 'filesystem', other: 'kubernetes' },
  }),
  text('configLocalPath', 'config-local-path', {
    ...{ env: 'BR_CONFIG_LOCAL_PATH', byDefault: path.join(homedir(), '.backup-repository') },
    ...{ text: '~/x', value: path.join(homedir(), 'x'), other: '/y' },
  }),
];
const good = { BR_JWT_SECRET_KEY: 'key', BR_STORAGE_DRIVER_URL: 'file:///tmp' };

describe('flags and variables', () => {
  it.each(oldFlags)('--$flag ($env)', ({ name, flag, short, env, byDefault, text: given, value, other }) => {
    const settingOf = (variables: Record<string, string>, argv: string[]) =>
      repositorySettings({ ...good, ...variables }, argv)[name];
    expect(settingOf({}, [])).toEqual(byDefault);
    expect(settingOf({}, [`--${flag}=${given}`])).toEqual(value);
    if (flag !== 'use-google-cloud') {
      expect(settingOf({}, [`--${flag}`, given])).toEqual(value);
    }
    if (short !== undefined) {
      expect(settingOf({}, [`-${short}`, given])).toEqual(value);
    }
    if (env !== undefined) {
      expect(settingOf({ [env]: given }, [])).toEqual(value);
      expect(settingOf({ [env]: other }, [`--${flag}=${given}`])).toEqual(value);
      // An empty variable is none; two settings cannot do without a value.
      const isNeeded = env in good;
      expect(isNeeded ? byDefault : settingOf({ [env]: '' }, [])).toEqual(byDefault);
    }
    expect(repositorySettingDefinitions[name].env).toBe(env);
    expect(repositoryUsage()).toContain(`--${flag}`);
  });

  it('durations are written as Go writes them, and a bare number is none', () => {
    const of = (value: string) => repositorySettings(good, ['--http-upload-timeout', value]).httpUploadTimeout;
    expect(['90s', '1h30m', '1.5h', '180m', '1500ms', '2h45m30.5s'].map(of)).toEqual([
      ...[90_000, 90 * minute, 90 * minute, 180 * minute, 1500, 9_930_500],
    ]);
    for (const value of ['90', '1d', '', 'h', '-1s', '1 h']) {
      expect(() => of(value), value).toThrow(SettingsError);
    }
  });

  it('every bad value is listed at once', () => {
    const env = { BR_DB_PORT: 'x', BR_LOG_LEVEL: 'loud', BR_STORAGE_IO_TIMEOUT: '2', BR_CONFIG_PROVIDER: 'etcd' };
    try {
      repositorySettings({ ...good, ...env }, ['--rate-auth-limit=-1', '--listen=8080', '--wrong']);
      expect.unreachable();
    } catch (error) {
      expect((error as SettingsError).problems).toHaveLength(7);
    }
  });
});

describe('the end of the process', () => {
  const run = async (argv: string[], env: Record<string, string> = {}) => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const createKubernetesClient = () => Promise.reject(new Error('no cluster here'));
    const { running, exitCode } = await runRepositoryCommand({ argv, env, stdout, stderr, createKubernetesClient });
    await running?.stop();
    return { exitCode, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') };
  };
  const home = mkdtemp(path.join(tmpdir(), 'backstay-flags-'));
  afterAll(async () => rm(await home, { recursive: true, force: true }));
  const serving = async (...more: string[]) =>
    run([
      ...['-s', 'key', '-p', 'filesystem', '--config-local-path', await home, '--storage-url', `file://${await home}`],
      ...['--listen', '127.0.0.1:0', ...more],
    ]);

  it('is 0 with the answer on standard output for what is asked once', async () => {
    const hashed = await run(['--hash-jwt', 'some.jwt.token']);
    expect(hashed).toEqual({ exitCode: 0, stdout: expect.stringMatching(/^[0-9a-f]{64}\n$/), stderr: '' });
    const encoded = await run(['--encode-password=admin']);
    expect(encoded).toMatchObject({ exitCode: 0, stderr: '' });
    expect(Buffer.from(encoded.stdout, 'base64').toString()).toMatch(
      /^\$argon2id\$v=19\$m=65536,t=1,p=4\$[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=$/,
    );
    expect(await run(['--help'])).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it('is 1 for a bad flag, provider or duration', async () => {
    for (const [argv, message] of [
      [['--nonsense'], '--nonsense'],
      [['--provider', 'x'], "Invalid configuration provider name 'x'"],
      [['--http-upload-timeout', '90'], '--http-upload-timeout'],
    ] as const) {
      expect(await run([...argv], good)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(message) });
    }
  });

  it('is 1 when the database, the storage or the address cannot be used', async () => {
    const file = path.join(await home, 'a.db');
    expect(await serving('--db-port', '1', '--db-hostname', '127.0.0.1')).toMatchObject({ exitCode: 1 });
    expect(await serving('--db-file', file, '--storage-url', 'file:///does/not/exist')).toMatchObject({ exitCode: 1 });
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as { port: number };
    const refused = await serving('--db-file', file, '--listen', `127.0.0.1:${port}`);
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('EADDRINUSE') });
    taken.close();
    expect(await serving('--db-file', file)).toMatchObject({ exitCode: undefined });
  });
});
