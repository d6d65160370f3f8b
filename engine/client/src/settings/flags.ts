import { logLevels } from '@backstay/shared/rules/job-log';
import { type Command, Option } from 'commander';

export type CommandName = 'make' | 'restore' | 'download';

export interface Flag {
  /** Key in the parsed values. */
  readonly name: string;
  readonly syntax: string;
  readonly text: string;
  readonly env?: string;
  readonly default?: string;
  readonly choices?: readonly string[];
  readonly commands: readonly CommandName[];
  readonly required?: readonly CommandName[];
}

const all: readonly CommandName[] = ['make', 'restore', 'download'];
const reading: readonly CommandName[] = ['restore', 'download'];

/** Every flag of the client, with its environment variable and default: a flag wins over the environment. */
export const flags: readonly Flag[] = [
  { name: 'url', syntax: '-u, --url <url>', text: 'repository server', env: 'BM_URL', commands: all, required: all },
  {
    name: 'collectionId',
    syntax: '-i, --collection-id <id>',
    text: 'collection in the repository',
    env: 'BM_COLLECTION_ID',
    commands: all,
    required: all,
  },
  {
    name: 'authToken',
    syntax: '-t, --auth-token <token>',
    text: 'access token; better given by environment, where other users of the machine do not see it',
    env: 'BM_AUTH_TOKEN',
    commands: all,
    required: all,
  },
  {
    name: 'cmd',
    syntax: '-c, --cmd <command>',
    text: 'shell command: make stores what it writes, restore feeds it',
    env: 'BM_CMD',
    commands: ['make', 'restore'],
    required: ['make', 'restore'],
  },
  {
    name: 'key',
    syntax: '-k, --key <path>',
    text: 'OpenPGP public key; without it nothing is encrypted',
    env: 'BM_PUBLIC_KEY_PATH',
    commands: ['make'],
  },
  {
    name: 'privateKey',
    syntax: '-p, --private-key <path>',
    text: 'OpenPGP private key; without it nothing is decrypted',
    env: 'BM_PRIVATE_KEY_PATH',
    commands: reading,
  },
  {
    name: 'recipient',
    syntax: '-r, --recipient <recipient>',
    text: 'e-mail address, key id or fingerprint of the key; several are separated by commas',
    env: 'BM_RECIPIENT',
    commands: all,
  },
  {
    name: 'passphrase',
    syntax: '--passphrase <passphrase>',
    text: 'unlocks the private key; better given by environment',
    env: 'BM_PASSPHRASE',
    commands: all,
  },
  {
    name: 'version',
    syntax: '-s, --version <version>',
    text: 'version to read: latest, v3, 3',
    env: 'BM_VERSION',
    default: 'latest',
    commands: reading,
  },
  {
    name: 'anyCollection',
    syntax: '--any-collection [when]',
    text: 'read a version that was made in another collection, too; the log says so',
    env: 'BM_ANY_COLLECTION',
    default: 'false',
    choices: ['true', 'false'],
    commands: reading,
  },
  {
    name: 'notBefore',
    syntax: '--not-before <time>',
    text: 'refuse a version that was made earlier, as 2026-01-31T02:00:00Z',
    env: 'BM_NOT_BEFORE',
    commands: reading,
  },
  {
    name: 'minSize',
    syntax: '--min-size <size>',
    text: 'do not store a dump with less bytes, as 500K or 20M',
    env: 'BM_MIN_SIZE',
    default: '1',
    commands: ['make'],
  },
  {
    name: 'verifyFirst',
    syntax: '--verify-first [when]',
    text: 'read and decrypt the whole version once before the command is started, and then again for it',
    env: 'BM_VERIFY_FIRST',
    default: 'false',
    choices: ['true', 'false'],
    commands: ['restore'],
  },
  {
    name: 'savePath',
    syntax: '--save-path <path>',
    text: 'file to write',
    env: 'BM_SAVE_PATH',
    commands: ['download'],
    required: ['download'],
  },
  {
    name: 'timeout',
    syntax: '--timeout <seconds>',
    text: 'give up when nothing moves for so long; 0 waits for ever',
    env: 'BM_TIMEOUT',
    default: '1200',
    commands: all,
  },
  {
    name: 'compression',
    syntax: '--compression <algorithm>',
    text: 'compress before encrypting; auto is zstd where it pays, and nothing for servers that want text',
    env: 'BM_COMPRESSION',
    default: 'auto',
    choices: ['auto', 'zstd', 'zlib', 'none'],
    commands: ['make'],
  },
  {
    name: 'armor',
    syntax: '--armor <when>',
    text: 'store as text; auto does so only for servers that accept nothing else',
    env: 'BM_ARMOR',
    default: 'auto',
    choices: ['auto', 'true', 'false'],
    commands: ['make'],
  },
  {
    name: 'logLevel',
    syntax: '--log-level <level>',
    text: 'least important lines to log',
    env: 'BM_LOG_LEVEL',
    default: 'info',
    choices: logLevels,
    commands: all,
  },
];

const describe = ({ text, env, choices, default: fallback }: Flag): string => {
  const notes = [
    ...(choices ? [`one of ${choices.join(', ')}`] : []),
    ...(env ? [`env ${env}`] : []),
    ...(fallback === undefined ? [] : [`default ${fallback}`]),
  ];
  return `${text} (${notes.join('; ')})`;
};

/** Values are checked all at once afterwards, so that one run shows everything that is wrong. */
export const addFlags = (command: Command, name: CommandName): Command => {
  for (const flag of flags.filter(({ commands }) => commands.includes(name))) {
    command.addOption(new Option(flag.syntax, describe(flag)));
  }
  return command.addOption(new Option('--json', 'log lines as JSON (env BM_JSON)'));
};
