import { homedir } from 'node:os';
import path from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { createAddressSet } from '../access/ip-rules.ts';
import { type RepositorySettings, repositorySettingDefinitions, type SettingDefinition } from './definitions.ts';

/** Thrown with one line for each bad setting. */
export class SettingsError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`These settings need another value:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'SettingsError';
    this.problems = problems;
  }
}

const definitions: [string, SettingDefinition][] = Object.entries(repositorySettingDefinitions);

type FlagOptions = NonNullable<ParseArgsConfig['options']>;

const flagOptions = (): FlagOptions =>
  Object.fromEntries(
    definitions.map(([, { flag, short, isSwitch }]) => [
      flag,
      { type: isSwitch ? 'boolean' : 'string', ...(short === undefined ? {} : { short }) },
    ]),
  );

const optionProblem = (options: FlagOptions, token: { name: string; rawName: string; value?: string }) => {
  const option = options[token.name];
  if (option === undefined) {
    return `${token.rawName}: is unknown; --help lists all flags`;
  }
  return token.value === undefined && option.type === 'string' ? `${token.rawName}: needs a value` : undefined;
};

const readFlags = (argv: readonly string[]): { flags: Map<string, string>; problems: string[] } => {
  const options = flagOptions();
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, tokens: true });
  const flags = new Map<string, string>();
  const problems: (string | undefined)[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') {
      problems.push('there is a value that belongs to no flag');
    } else if (token.kind === 'option') {
      problems.push(optionProblem(options, token));
      flags.set(token.name, token.value ?? 'true');
    }
  }
  return { flags, problems: problems.filter((problem) => problem !== undefined) };
};

const expandHome = (folder: string): string =>
  folder === '~' || folder.startsWith('~/') ? path.join(homedir(), folder.slice(1)) : folder;

const secretSettings = new Set([
  'jwtSecretKey',
  'dbPassword',
  'healthCheckKey',
  'metricsToken',
  'encodePassword',
  'hashJwt',
]);

/** What no single setting shows. */
const checkTogether = (settings: RepositorySettings): string[] => {
  const problems: string[] = [];
  if (settings.jwtSecretKey === '') {
    problems.push('--jwt-secret-key (BR_JWT_SECRET_KEY): must not be empty, or anybody could sign tokens');
  }
  if (settings.storageUrl === '') {
    problems.push('--storage-url (BR_STORAGE_DRIVER_URL): must say where backups are kept');
  }
  const { invalid } = createAddressSet(settings.trustedProxies);
  if (invalid.length > 0) {
    problems.push(`--trusted-proxies (BR_TRUSTED_PROXIES): no address or range: ${invalid.join(', ')}`);
  }
  return problems;
};

const isOneShot = (settings: RepositorySettings): boolean =>
  settings.help || settings.encodePassword !== undefined || settings.hashJwt !== undefined;

/** Flags before variables before defaults. Throws a SettingsError that lists everything that is wrong. */
export const repositorySettings = (env: NodeJS.ProcessEnv, argv: readonly string[]): RepositorySettings => {
  const { flags, problems } = readFlags(argv);
  const values = definitions.map(([name, definition]) => {
    const variable = definition.env === undefined ? undefined : env[definition.env];
    const given = flags.get(definition.flag) ?? (variable === '' ? undefined : variable);
    const result = definition.schema.safeParse(given);
    if (!result.success) {
      const label = `--${definition.flag}${definition.env === undefined ? '' : ` (${definition.env})`}`;
      const shown = secretSettings.has(name) ? '' : ` (is: ${String(given).slice(0, 100)})`;
      problems.push(`${label}: ${result.error.issues[0]?.message ?? 'is not valid'}${shown}`);
    }
    return [name, result.data];
  });
  const settings = Object.fromEntries(values) as RepositorySettings;
  if (problems.length === 0 && !isOneShot(settings)) {
    problems.push(...checkTogether(settings));
  }
  if (problems.length > 0) {
    throw new SettingsError(problems);
  }
  return { ...settings, configLocalPath: expandHome(settings.configLocalPath) };
};

export const repositoryUsage = (): string => {
  const lines = definitions.map(([, { flag, short, env, isSwitch, help }]) => {
    const names = `${short === undefined ? '    ' : `-${short}, `}--${flag}${isSwitch ? '' : ' <value>'}`;
    return `  ${names.padEnd(44)} ${help}${env === undefined ? '' : ` [${env}]`}`;
  });
  return `Usage: backstay repository [flags]\n\n${lines.join('\n')}\n`;
};
