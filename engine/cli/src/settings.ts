import path from 'node:path';
import { z } from 'zod';

const port = z.coerce
  .number<string | number>('must be a number')
  .int('must be a whole number')
  .min(0, 'must be between 0 and 65535')
  .max(65_535, 'must be between 0 and 65535');

/** Every setting of `backstay start`: its schema, its flag and its environment variable. A flag wins over the variable. */
export const startSettings = {
  home: {
    flag: '--home <folder>',
    env: 'BACKSTAY_HOME',
    help: 'folder that keeps everything (default: ./.backstay)',
    schema: z
      .string()
      .min(1, 'must name a folder')
      .default('./.backstay')
      .transform((folder) => path.resolve(folder)),
  },
  host: {
    flag: '--host <address>',
    env: 'BACKSTAY_HOST',
    help: 'address to listen on (default: 127.0.0.1)',
    schema: z.string().min(1, 'must be an address').default('127.0.0.1'),
  },
  port: {
    flag: '--port <number>',
    env: 'BACKSTAY_PORT',
    help: 'port of the console; 0 takes a free one (default: 8080)',
    schema: port.default(8080),
  },
  kubernetesPort: {
    flag: '--kubernetes-port <number>',
    env: 'BACKSTAY_KUBERNETES_PORT',
    help: 'port of the Kubernetes API (default: chosen at the first start, then kept)',
    schema: port.optional(),
  },
  repositoryPort: {
    flag: '--repository-port <number>',
    env: 'BACKSTAY_REPOSITORY_PORT',
    help: 'port of the repository (default: chosen at the first start, then kept)',
    schema: port.optional(),
  },
  logLevel: {
    flag: '--log-level <level>',
    env: 'BACKSTAY_LOG_LEVEL',
    help: 'trace, debug, info, warn, error (default: info)',
    schema: z
      .enum(['trace', 'debug', 'info', 'warn', 'error'], 'must be trace, debug, info, warn or error')
      .default('info'),
  },
} as const;

/** Of the commands that work in any cluster. */
export const kubeconfigSetting = {
  flag: '--kubeconfig <file>',
  env: 'KUBECONFIG',
  help: "kubeconfig of the cluster (default: the Pod's service account, then ~/.kube/config)",
  schema: z.string().optional(),
} as const;

export interface SettingDefinition {
  /** Absent: by the environment only, for what a process list must not show. */
  readonly flag?: string;
  readonly env: string;
  readonly help: string;
  readonly schema: z.ZodType;
}

export type SettingsOf<Definitions extends Record<string, SettingDefinition>> = {
  [name in keyof Definitions]: z.output<Definitions[name]['schema']>;
};

/** Thrown with one line for each bad setting. */
export class SettingsError extends Error {
  constructor(problems: readonly string[]) {
    super(`These settings need another value:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'SettingsError';
  }
}

/** Reads every setting; lists every bad one at once. An empty environment variable counts as not set. */
export function readSettings<Definitions extends Record<string, SettingDefinition>>(
  definitions: Definitions,
  flags: Record<string, unknown>,
  env: NodeJS.ProcessEnv,
): SettingsOf<Definitions> {
  const problems: string[] = [];
  const read = Object.entries(definitions).map(([name, { flag, env: variable, schema }]) => {
    const fromEnv = env[variable] === '' ? undefined : env[variable];
    const given = flags[name] ?? fromEnv;
    const result = schema.safeParse(given);
    if (result.success) return [name, result.data];
    const source = flags[name] === undefined || !flag ? variable : flag.split(/[ ,]/)[0];
    const shown = given === undefined || !flag ? '' : ` (is: ${String(given)})`;
    problems.push(`${source}: ${result.error.issues[0]?.message ?? 'is not valid'}${shown}`);
    return [name, undefined];
  });
  if (problems.length > 0) throw new SettingsError(problems);
  return Object.fromEntries(read) as SettingsOf<Definitions>;
}
