import type { LogLevel } from '@backstay/shared/rules/job-log';
import { parseSize } from '@backstay/shared/rules/size';
import { hasZstd } from '../compression/zstd.ts';
import { Failure } from '../failure.ts';
import { type CommandName, type Flag, flags } from './flags.ts';
import type { ClientSettings, DownloadSettings, MakeSettings, ReadingSettings, RestoreSettings } from './settings.ts';

export interface GivenSettings {
  readonly command: CommandName;
  /** As parsed from the command line. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly environment: NodeJS.ProcessEnv;
}

/** Flag over environment over default; an empty value counts as not given. */
class Resolver {
  readonly problems: string[] = [];
  readonly #given: GivenSettings;

  constructor(given: GivenSettings) {
    this.#given = given;
  }

  value(name: string): string | undefined {
    const flag = flags.find((one) => one.name === name && one.commands.includes(this.#given.command));
    if (!flag) return undefined;
    const value = this.#lookUp(flag);
    if (value === undefined && flag.required?.includes(this.#given.command)) {
      this.problems.push(`${longName(flag)} is missing (flag ${flag.syntax}, environment variable ${flag.env})`);
    }
    if (value !== undefined && flag.choices && !flag.choices.includes(value)) {
      this.problems.push(`${longName(flag)} must be one of ${flag.choices.join(', ')}, not ${JSON.stringify(value)}`);
    }
    return value;
  }

  #lookUp(flag: Flag): string | undefined {
    const fromFlag = this.#given.values[flag.name];
    if (fromFlag === true) return 'true';
    if (typeof fromFlag === 'string' && fromFlag !== '') return fromFlag;
    const fromEnvironment = flag.env === undefined ? undefined : this.#given.environment[flag.env];
    if (fromEnvironment !== undefined && fromEnvironment !== '') return fromEnvironment;
    return flag.default;
  }
}

const longName = ({ syntax }: Flag): string => /--[a-z-]+/.exec(syntax)?.[0] ?? syntax;

const checkUrl = (resolver: Resolver): string => {
  const url = resolver.value('url') ?? '';
  if (url !== '' && !(URL.canParse(url) && /^https?:$/.test(new URL(url).protocol))) {
    resolver.problems.push('--url must be like https://backups.example.org');
  }
  return url;
};

const checkTimeout = (resolver: Resolver): number => {
  const text = resolver.value('timeout') ?? '';
  const seconds = Number(text);
  // setTimeout cannot wait longer than 2^31 ms.
  if (!/^\d+$/.test(text) || seconds > 2_147_483) resolver.problems.push('--timeout must be a number of seconds');
  return seconds;
};

const checkCompression = (resolver: Resolver): MakeSettings['compression'] => {
  const compression = resolver.value('compression') as MakeSettings['compression'];
  if (compression === 'zstd' && !hasZstd) {
    resolver.problems.push('--compression zstd needs Node.js 22.15 or newer; zlib works with every version');
  }
  return compression;
};

const checkMinSize = (resolver: Resolver): number => {
  const size = parseSize(resolver.value('minSize') ?? '');
  if (size === undefined) resolver.problems.push('--min-size must be a size like 500K or 20M');
  return size ?? 0;
};

const checkNotBefore = (resolver: Resolver): Date | undefined => {
  const text = resolver.value('notBefore');
  if (text === undefined) return undefined;
  const isTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text);
  const time = new Date(text);
  if (!isTime || Number.isNaN(time.getTime())) {
    resolver.problems.push('--not-before must be a time like 2026-01-31T02:00:00Z');
  }
  return time;
};

const isSet = (value: string | undefined): boolean => value !== undefined && /^(1|true|yes|on)$/i.test(value);

const common = (resolver: Resolver, { values, environment }: GivenSettings): ClientSettings => ({
  url: checkUrl(resolver),
  collection: resolver.value('collectionId') ?? '',
  token: (resolver.value('authToken') ?? '').trim(),
  timeout: checkTimeout(resolver),
  logLevel: (resolver.value('logLevel') ?? 'info') as LogLevel,
  json: values['json'] === true || isSet(environment['BM_JSON']),
  recipients: (resolver.value('recipient') ?? '').split(',').flatMap((one) => (one.trim() === '' ? [] : [one.trim()])),
  passphrase: resolver.value('passphrase') ?? '',
});

const reading = (resolver: Resolver, given: GivenSettings): ReadingSettings => ({
  ...common(resolver, given),
  privateKeyPath: resolver.value('privateKey'),
  version: resolver.value('version') ?? 'latest',
  anyCollection: resolver.value('anyCollection') === 'true',
  notBefore: checkNotBefore(resolver),
});

const finish = <T>(resolver: Resolver, settings: T): T => {
  if (resolver.problems.length > 0) throw new Failure('usage', [...new Set(resolver.problems)].join('\n'));
  return settings;
};

export const resolveMake = (given: GivenSettings): MakeSettings => {
  const resolver = new Resolver(given);
  return finish(resolver, {
    ...common(resolver, given),
    command: resolver.value('cmd') ?? '',
    publicKeyPath: resolver.value('key'),
    compression: checkCompression(resolver),
    armor: resolver.value('armor') as MakeSettings['armor'],
    minSize: checkMinSize(resolver),
  });
};

export const resolveRestore = (given: GivenSettings): RestoreSettings => {
  const resolver = new Resolver(given);
  return finish(resolver, {
    ...reading(resolver, given),
    command: resolver.value('cmd') ?? '',
    verifyFirst: resolver.value('verifyFirst') === 'true',
  });
};

export const resolveDownload = (given: GivenSettings): DownloadSettings => {
  const resolver = new Resolver(given);
  return finish(resolver, {
    ...reading(resolver, given),
    savePath: resolver.value('savePath') ?? '',
  });
};
