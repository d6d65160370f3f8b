import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { createPasswordVerifier } from './access/passwords.ts';
import { sha256Hex } from './access/tokens.ts';
import { runRepositoryCommand } from './run-repository-command.ts';
import { repositorySettings, SettingsError } from './settings/repository-settings.ts';

const home = await mkdtemp(path.join(tmpdir(), 'backstay-command-'));
afterAll(() => rm(home, { recursive: true, force: true }));

const run = async (argv: string[], env: Record<string, string> = {}) => {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const createKubernetesClient = () => Promise.reject(new Error('no cluster here'));
  const result = await runRepositoryCommand({ argv, env, stdout, stderr, createKubernetesClient });
  return { ...result, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') };
};
const good = { BR_JWT_SECRET_KEY: 'key', BR_STORAGE_DRIVER_URL: 'file:///tmp' };

describe('repositorySettings', () => {
  it('has the defaults of the old server', () => {
    expect(repositorySettings(good, [])).toMatchObject({
      namespace: 'backup-repository',
      dbHostname: 'localhost',
      dbPort: 5432,
      jwtLifetime: 6 * 3_600_000,
      storageHealthTimeout: 5000,
      rateDefaultLimit: 5,
      rateAuthLimit: 10,
      rateCollectionHealthLimit: 10,
      rateServerHealthLimit: 160,
      listen: { host: '', port: 8080 },
      provider: 'kubernetes',
      logLevel: 'debug',
      configLocalPath: path.join(homedir(), '.backup-repository'),
      enforceIpRestrictions: true,
    });
  });

  it('lets flags win over variables', () => {
    const env = { ...good, BR_DB_PORT: '1', BR_USE_GOOGLE_CLOUD: 'true', BR_LOG_LEVEL: 'warning' };
    const settings = repositorySettings(env, ['--db-port=2', '-n', 'ns', '-p', 'filesystem', '--listen', '[::1]:99']);
    expect(settings).toMatchObject({
      dbPort: 2,
      namespace: 'ns',
      provider: 'filesystem',
      useGoogleCloud: true,
      logLevel: 'warn',
      listen: { host: '::1', port: 99 },
    });
  });

  it('lists everything that is wrong at once, and shows no secret', () => {
    const argv = [
      '--db-port',
      'x',
      '--unknown',
      '--rate-auth-limit=-1',
      '--listen',
      '8080',
      '-p',
      'etcd',
      '--jwt-lifetime',
      '90',
      'stray-secret',
    ];
    try {
      repositorySettings({ BR_LOG_LEVEL: 'loud', BR_DB_PASSWORD: 'hidden' }, argv);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(SettingsError);
      const text = String(error);
      for (const part of [
        '--db-port',
        '--unknown',
        '--rate-auth-limit',
        '--listen',
        "Invalid configuration provider name 'etcd'",
        '--jwt-lifetime',
        'BR_LOG_LEVEL',
      ]) {
        expect(text).toContain(part);
      }
      expect(text).not.toMatch(/hidden|stray-secret/);
    }
  });

  it('needs a key and a storage', () => {
    expect(() => repositorySettings({}, [])).toThrow(/jwt-secret-key[\s\S]*storage-url/);
    expect(() => repositorySettings({ ...good, BR_TRUSTED_PROXIES: '10.0.0.0/8,x' }, [])).toThrow(
      /trusted-proxies.*: x/,
    );
  });

  it('survives any arguments', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.constantFrom('--listen', '-n', '--', '--use-google-cloud=maybe'))),
        (argv) => {
          try {
            repositorySettings(good, argv);
          } catch (error) {
            expect(error).toBeInstanceOf(SettingsError);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('runRepositoryCommand', () => {
  it('encodes passwords and hashes tokens on standard output', async () => {
    const encoded = await run(['--encode-password', 'secret']);
    expect([encoded.exitCode, encoded.stderr]).toEqual([0, '']);
    expect(await createPasswordVerifier().verify('secret', encoded.stdout)).toBe(true);
    expect((await run(['--hash-jwt', 'a.b.c'])).stdout).toBe(`${sha256Hex('a.b.c')}\n`);
    expect((await run(['-h'])).stdout).toContain('--jwt-secret-key');
  });

  it('ends with 1 and says why', async () => {
    expect(await run(['--nonsense'])).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('--nonsense') });
    const flags = ['-s', 'key', '--db-file', path.join(home, 'a.db'), '-p', 'filesystem'];
    for (const [url, text] of [
      ['mem://bucket', 'file:///folder'],
      ['s3://bucket?endpoint=127.0.0.1:1&disableSSL=true&nonsense=1', 'unknown parameter: nonsense'],
      [`file://${home}/absent`, 'does not exist'],
      [`file://${home}?nonsense=1`, 'nonsense'],
    ]) {
      const result = await run([...flags, '--storage-url', url ?? '']);
      expect([result.exitCode, result.stderr], url).toEqual([1, expect.stringContaining(text ?? '')]);
    }
    expect(
      (await run(['-s', 'key', '--storage-url', `file://${home}`, '--db-file', path.join(home, 'b.db')])).stderr,
    ).toContain('no cluster here');
  });

  it('serves until it is stopped', async () => {
    const argv = [
      '-p',
      'filesystem',
      '--config-local-path',
      home,
      '--listen',
      '127.0.0.1:0',
      '--db-file',
      path.join(home, 'c.db'),
    ];
    const env = { BR_JWT_SECRET_KEY: 'key', BR_STORAGE_DRIVER_URL: `file://${home}/blobs?create_dir=1` };
    const { running } = await run(argv, env);
    const answer = await fetch(`${running?.url}/health`);
    expect(answer.status).toBe(200);
    const second = await run(argv, env);
    expect([second.exitCode, second.stderr]).toEqual([1, expect.stringContaining('in use by another process')]);
    await answer.text();
    await running?.stop();
  });
});
