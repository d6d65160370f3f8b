import { logLevels } from '@backstay/shared';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addFlags, type CommandName } from '../settings/flags.ts';
import { resolveDownload, resolveMake, resolveRestore } from '../settings/resolve-settings.ts';
import { TestRepository } from '../testing/repository-servers.ts';
import { runClient } from '../testing/run-client.ts';

/* The flags and variables that scripts and Jobs of the older clients use. */

interface OldFlag {
  readonly flag: string;
  readonly short?: string;
  readonly env?: string;
  readonly commands: readonly CommandName[];
  /** The setting that it becomes, and what that is when nothing is given; `missing` ends the client. */
  readonly setting: string;
  readonly byDefault: unknown;
  /** Three values as text, and what they become. */
  readonly texts?: readonly [string, string, string];
  readonly values?: readonly [unknown, unknown, unknown];
}

const missing = Symbol('missing');
const all: readonly CommandName[] = ['make', 'restore', 'download'];
const reading: readonly CommandName[] = ['restore', 'download'];
const urls = ['https://a.example.org', 'https://b.example.org', 'http://c.example.org:8080'] as const;

const oldFlags: OldFlag[] = [
  {
    ...{ flag: 'url', short: 'u', env: 'BM_URL', commands: all, setting: 'url', byDefault: missing },
    ...{ texts: urls, values: urls },
  },
  {
    ...{ flag: 'collection-id', short: 'i', env: 'BM_COLLECTION_ID', commands: all },
    ...{ setting: 'collection', byDefault: missing },
  },
  {
    ...{ flag: 'auth-token', short: 't', env: 'BM_AUTH_TOKEN', commands: all },
    ...{ setting: 'token', byDefault: missing },
  },
  {
    ...{ flag: 'timeout', env: 'BM_TIMEOUT', commands: all, setting: 'timeout', byDefault: 1200 },
    ...{ texts: ['0', '7', '3600'], values: [0, 7, 3600] },
  },
  {
    ...{ flag: 'log-level', commands: all, setting: 'logLevel', byDefault: 'info' },
    ...{ texts: ['panic', 'warn', 'trace'], values: ['panic', 'warn', 'trace'] },
  },
  {
    ...{ flag: 'cmd', short: 'c', env: 'BM_CMD', commands: ['make', 'restore'] },
    ...{ setting: 'command', byDefault: missing },
  },
  {
    ...{ flag: 'key', short: 'k', env: 'BM_PUBLIC_KEY_PATH', commands: ['make'] },
    ...{ setting: 'publicKeyPath', byDefault: undefined },
  },
  {
    ...{ flag: 'private-key', short: 'p', env: 'BM_PRIVATE_KEY_PATH', commands: reading },
    ...{ setting: 'privateKeyPath', byDefault: undefined },
  },
  {
    ...{ flag: 'recipient', short: 'r', env: 'BM_RECIPIENT', commands: all, setting: 'recipients', byDefault: [] },
    ...{ values: [['one'], ['two'], ['three']] },
  },
  { flag: 'passphrase', env: 'BM_PASSPHRASE', commands: all, setting: 'passphrase', byDefault: '' },
  { flag: 'version', short: 's', env: 'BM_VERSION', commands: reading, setting: 'version', byDefault: 'latest' },
  { flag: 'save-path', env: 'BM_SAVE_PATH', commands: ['download'], setting: 'savePath', byDefault: missing },
];

const needed = {
  ...{ BM_URL: 'https://needed.example.org', BM_COLLECTION_ID: 'needed', BM_AUTH_TOKEN: 'needed' },
  ...{ BM_CMD: 'needed', BM_SAVE_PATH: 'needed' },
};
const resolvers = { make: resolveMake, restore: resolveRestore, download: resolveDownload };

const parse = (command: CommandName, argv: readonly string[]): Record<string, unknown> =>
  addFlags(new Command().exitOverride().configureOutput({ writeErr: () => undefined }), command)
    .parse([...argv], { from: 'user' })
    .opts();

const resolve = (command: CommandName, argv: readonly string[], environment: NodeJS.ProcessEnv): object =>
  resolvers[command]({ command, values: parse(command, argv), environment });

interface Way {
  readonly argv: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
  /** Which of the three values. */
  readonly gives: 0 | 1 | 2;
}

const ordinary: readonly [string, string, string] = ['one', 'two', 'three'];

/** Every way to give a flag: long and short, by its variable, and a flag over a variable, but no empty one. */
const waysOf = ({ flag, short, env, texts: [first, second, third] = ordinary }: OldFlag): Way[] => [
  { argv: [`--${flag}`, first], gives: 0 },
  { argv: [`--${flag}=${second}`], gives: 1 },
  ...(short ? ([{ argv: [`-${short}`, third], gives: 2 }] as const) : []),
  ...(short ? ([{ argv: [`-${short}${first}`], gives: 0 }] as const) : []),
  ...(env ? ([{ argv: [], environment: { [env]: second }, gives: 1 }] as const) : []),
  ...(env ? ([{ argv: [`--${flag}`, third], environment: { [env]: second }, gives: 2 }] as const) : []),
  ...(env ? ([{ argv: [`--${flag}`, ''], environment: { [env]: second }, gives: 1 }] as const) : []),
];

/** The setting of a command, with all that it needs but for this flag. */
const settingOf = (
  { env, setting }: OldFlag,
  command: CommandName,
  { argv, environment }: Pick<Way, 'argv' | 'environment'>,
): unknown =>
  resolve(command, argv, { ...needed, ...(env ? { [env]: undefined } : {}), ...environment })[setting as never];

describe('flags and variables of older clients', () => {
  it.each(oldFlags)('--$flag ($env)', (flag) => {
    const values = flag.values ?? flag.texts ?? ordinary;
    for (const command of flag.commands) {
      for (const way of waysOf(flag)) {
        expect(settingOf(flag, command, way), JSON.stringify(way)).toEqual(values[way.gives]);
      }
    }
    for (const command of all.filter((one) => !flag.commands.includes(one))) {
      expect(() => parse(command, [`--${flag.flag}`, 'one'])).toThrow('unknown option');
    }
  });

  it.each(oldFlags)('--$flag ($env), when it is not given, or empty', (flag) => {
    for (const command of flag.commands) {
      for (const environment of flag.env ? [{}, { [flag.env]: '' }] : [{}]) {
        const setting = (): unknown => settingOf(flag, command, { argv: [], environment });
        if (flag.byDefault === missing) expect(setting).toThrow(`--${flag.flag} is missing`);
        else expect(setting()).toEqual(flag.byDefault);
      }
    }
  });

  it.each(logLevels)('--log-level knows %s', (level) => {
    expect(resolve('make', ['--log-level', level], needed)).toMatchObject({ logLevel: level });
  });

  it.each([['soon'], ['-1'], ['1.5'], ['1h']])('BM_TIMEOUT refuses %s', (text) => {
    expect(() => resolve('make', [], { ...needed, BM_TIMEOUT: text })).toThrow('--timeout must be a number of seconds');
  });
});

describe('flags of the first generation, which stand before the command,', () => {
  let server: TestRepository;
  beforeEach(async () => {
    server = await TestRepository.start('old');
  });
  afterEach(async () => await server[Symbol.asyncDispose]());
  const text = '-----BEGIN PGP MESSAGE-----';
  const leading = (): string[] => ['-u', server.url, '--collection-id=iwa-ait', '-t', server.token];

  it('are read, and those behind it win', async () => {
    const made = await runClient(
      [...leading(), '--timeout', '60', '--log-level=warn', 'make', '-c', `echo ${text}`],
      {},
    );
    expect(made).toMatchObject({ exitCode: 0 });
    expect(made.stderr).not.toContain('level=info');
    expect((await runClient([...leading(), 'restore', '-c', 'cat'], {})).stdout).toBe(`${text}\n`);
    const elsewhere = ['-u', 'http://127.0.0.1:9', '-i', 'none', '-t', 'none'];
    expect(await runClient([...elsewhere, 'restore', ...leading(), '-c', 'cat'], {})).toMatchObject({ exitCode: 0 });
  });

  it.each([
    ['another flag', ['-c', 'true', 'make']],
    ['a flag without its value', ['--url']],
    ['no command', ['--url', 'http://127.0.0.1:9']],
    ['a command that has no such flag', ['--url', 'http://127.0.0.1:9', 'procedure', 'backup']],
  ])('end with 2 when it is %s', async (_, argv) => {
    expect(await runClient(argv, {})).toMatchObject({ exitCode: 2, stdout: '' });
  });
});
