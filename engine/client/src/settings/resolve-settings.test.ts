import { describe, expect, it } from 'vitest';
import { runClient } from '../testing/run-client.ts';
import { resolveDownload, resolveMake, resolveRestore } from './resolve-settings.ts';

const environment = { BM_URL: 'https://b.example.org', BM_COLLECTION_ID: 'c', BM_AUTH_TOKEN: 't', BM_CMD: 'true' };

describe('settings', () => {
  it('come from flag, environment and default, in this order', () => {
    const given = { command: 'restore' as const, values: { version: 'v3' }, environment: { ...environment } };
    expect(resolveRestore({ ...given, values: {} })).toMatchObject({ version: 'latest', timeout: 1200 });
    expect(resolveRestore({ ...given, values: {}, environment: { ...environment, BM_VERSION: 'v2' } }).version).toBe(
      'v2',
    );
    expect(resolveRestore({ ...given, environment: { ...environment, BM_VERSION: 'v2' } }).version).toBe('v3');
    expect(resolveRestore({ ...given, environment: { ...environment, BM_TIMEOUT: '7' } }).timeout).toBe(7);
  });

  it('count as not given when empty', () => {
    const empty = { ...environment, BM_VERSION: '', BM_TIMEOUT: '', BM_PRIVATE_KEY_PATH: '' };
    const settings = resolveRestore({ command: 'restore', values: { privateKey: '' }, environment: empty });
    expect(settings).toMatchObject({ version: 'latest', timeout: 1200, privateKeyPath: undefined });
  });

  it('hold several recipients', () => {
    const values = { recipient: 'a@example.org, b@example.org,' };
    const settings = resolveMake({ command: 'make', values, environment });
    expect(settings.recipients).toEqual(['a@example.org', 'b@example.org']);
  });

  it('that are missing or wrong are all named at once', () => {
    const values = { url: 'not a url', timeout: 'soon', logLevel: 'loud', savePath: '' };
    const resolve = () => resolveDownload({ command: 'download', values, environment: {} });
    for (const flag of ['--url', '--collection-id', '--auth-token', '--save-path', '--timeout', '--log-level']) {
      expect(resolve).toThrow(flag);
    }
    expect(resolve).not.toThrow('--cmd');
  });
});

describe('the command line', () => {
  it('names all that is missing, and ends with 2', async () => {
    const run = await runClient(['make'], {});
    expect(run.exitCode).toBe(2);
    expect(run.stderr.match(/is missing/g)).toHaveLength(4);
  });

  it.each([[['make', '--no-such-flag']], [['no-such-command']], [['make', '--url']]])(
    '%s ends with 2',
    async (argv) => {
      expect((await runClient(argv, environment)).exitCode).toBe(2);
    },
  );

  it('shows help and ends with 0 without a command', async () => {
    for (const argv of [[], ['--help'], ['make', '--help'], ['procedure', 'backup', '--help']]) {
      const run = await runClient(argv, {});
      expect(run.exitCode).toBe(0);
      expect(run.stdout).toContain('Usage: backup-maker');
    }
  });

  it('refuses a bad log level before anything runs', async () => {
    const run = await runClient(['make', '--log-level', 'loud'], environment);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain('must be one of panic, fatal');
  });

  it('logs JSON on request, and only what the level lets through', async () => {
    const refused = { ...environment, BM_URL: 'http://127.0.0.1:9' };
    const run = await runClient(['make', '--json', '--log-level', 'error'], refused);
    const lines = run.stderr.trim().split('\n');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'error', msg: 'Backup failed', stage: 'upload' });
  });
});
