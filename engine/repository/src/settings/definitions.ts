import { parseGoDuration, parseSize } from '@backstay/shared';
import { z } from 'zod';

/** One setting: a flag wins over its variable, the variable over the default that the schema gives. */
export interface SettingDefinition<T extends z.ZodType = z.ZodType> {
  readonly flag: string;
  readonly short?: string;
  readonly env?: string;
  /** A flag without a value. */
  readonly isSwitch?: boolean;
  readonly help: string;
  readonly schema: T;
}

const text = z.string();

/** Milliseconds; `0` is "no limit" where that is allowed. */
const duration = (min: number) =>
  z.string().transform((value, context): number => {
    const parsed = parseGoDuration(value);
    if (parsed === undefined || parsed < min) {
      context.addIssue({ code: 'custom', message: 'must be a duration such as 90s, 1h30m or 180m' });
      return z.NEVER;
    }
    return parsed;
  });

const size = z.string().transform((value, context): number => {
  const parsed = parseSize(value);
  if (parsed === undefined) {
    context.addIssue({ code: 'custom', message: 'must be a size such as 64M or 1G' });
    return z.NEVER;
  }
  return parsed;
});

const whole = (min: number, max: number) =>
  z.coerce
    .number<string>('must be a whole number')
    .int('must be a whole number')
    .min(min, `must be ${min} or more`)
    .max(max, `must be ${max} or less`);

const switchValues = ['true', '1', 'yes', 'on', 'false', '0', 'no', 'off', ''] as const;
const onOff = z
  .enum(switchValues, 'must be true or false')
  .transform((value) => ['true', '1', 'yes', 'on'].includes(value));

const levels = { panic: 'fatal', fatal: 'fatal', error: 'error', warn: 'warn', warning: 'warn' } as const;
const logLevel = z
  .enum(
    ['panic', 'fatal', 'error', 'warn', 'warning', 'info', 'debug', 'trace'],
    'must be panic, fatal, error, warn, info, debug or trace',
  )
  .transform((value) =>
    value in levels ? levels[value as keyof typeof levels] : (value as 'info' | 'debug' | 'trace'),
  );

const listen = z
  .string()
  .regex(/^(\[[0-9a-fA-F:.]+\]|[^:[\]]*):\d{1,5}$/, 'must be an address and a port such as :8080')
  .transform((value) => {
    const at = value.lastIndexOf(':');
    return { host: value.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(value.slice(at + 1)) };
  })
  .refine(({ port }) => port <= 65_535, 'must have a port of 65535 or less');

const list = z.string().transform((value) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);

const rate = whole(0, 32_767);

const setting = <T extends z.ZodType>(definition: SettingDefinition<T>): SettingDefinition<T> => definition;

export const repositorySettingDefinitions = {
  help: setting({
    flag: 'help',
    short: 'h',
    isSwitch: true,
    help: 'print this and exit',
    schema: onOff.default(false),
  }),
  namespace: setting({
    flag: 'namespace',
    short: 'n',
    help: 'Kubernetes namespace, or first folder of the filesystem provider',
    schema: text.default('backup-repository'),
  }),
  encodePassword: setting({
    flag: 'encode-password',
    help: 'hash the value, print it and exit',
    schema: text.optional(),
  }),
  hashJwt: setting({ flag: 'hash-jwt', help: 'print the session id of a token and exit', schema: text.optional() }),
  dbHostname: setting({
    flag: 'db-hostname',
    env: 'BR_DB_HOSTNAME',
    help: 'PostgreSQL host',
    schema: text.default('localhost'),
  }),
  dbUser: setting({ flag: 'db-user', env: 'BR_DB_USERNAME', help: 'PostgreSQL user', schema: text.default('') }),
  dbPassword: setting({
    flag: 'db-password',
    env: 'BR_DB_PASSWORD',
    help: 'PostgreSQL password; the variable keeps it out of the process list',
    schema: text.default(''),
  }),
  dbName: setting({ flag: 'db-name', env: 'BR_DB_NAME', help: 'PostgreSQL database', schema: text.default('') }),
  dbPort: setting({
    flag: 'db-port',
    env: 'BR_DB_PORT',
    help: 'PostgreSQL port',
    schema: whole(1, 65_535).default(5432),
  }),
  dbFile: setting({
    flag: 'db-file',
    env: 'BR_DB_FILE',
    help: 'SQLite file instead of PostgreSQL, for one process',
    schema: text.default(''),
  }),
  jwtSecretKey: setting({
    flag: 'jwt-secret-key',
    short: 's',
    env: 'BR_JWT_SECRET_KEY',
    help: 'key that signs tokens; the variable keeps it out of the process list',
    schema: text.default(''),
  }),
  jwtLifetime: setting({
    flag: 'jwt-lifetime',
    env: 'BR_JWT_LIFETIME',
    help: 'lifetime of tokens',
    schema: duration(1000).default(21_600_000),
  }),
  jwtMaxLifetime: setting({
    flag: 'jwt-max-lifetime',
    env: 'BR_JWT_MAX_LIFETIME',
    help: 'longest lifetime that a login with an operationsScope may ask for',
    schema: duration(1000).default(315_360_000_000),
  }),
  healthCheckKey: setting({
    flag: 'health-check-key',
    short: 'k',
    env: 'BR_HEALTH_CHECK_KEY',
    help: 'code that /ready asks for',
    schema: text.default(''),
  }),
  metricsToken: setting({
    flag: 'metrics-token',
    env: 'BR_METRICS_TOKEN',
    help: 'bearer token for /metrics; without one there are none on the address of the server',
    schema: text.default(''),
  }),
  metricsListen: setting({
    flag: 'metrics-listen',
    env: 'BR_METRICS_LISTEN',
    help: 'another address for /metrics, which asks for no token, e.g. 127.0.0.1:9090',
    schema: listen.optional(),
  }),
  auditRetention: setting({
    flag: 'audit-retention',
    env: 'BR_AUDIT_RETENTION',
    help: 'audit entries are removed after this time (default: 8760h); 0: never',
    schema: duration(0).default(8760 * 3_600_000),
  }),
  logLevel: setting({
    flag: 'log-level',
    env: 'BR_LOG_LEVEL',
    help: 'panic, fatal, error, warn, info, debug, trace',
    schema: logLevel.default('debug'),
  }),
  storageUrl: setting({
    flag: 'storage-url',
    env: 'BR_STORAGE_DRIVER_URL',
    help: 'where backups are kept, e.g. file:///var/lib/backups',
    schema: text.default(''),
  }),
  useGoogleCloud: setting({
    flag: 'use-google-cloud',
    env: 'BR_USE_GOOGLE_CLOUD',
    isSwitch: true,
    help: 'not supported: says how to reach a Google Cloud Storage bucket instead',
    schema: onOff.default(false),
  }),
  storageMinFree: setting({
    flag: 'storage-min-free',
    env: 'BR_STORAGE_MIN_FREE',
    help: 'uploads are refused while the disk has less room',
    schema: size.default(67_108_864),
  }),
  storageMemory: setting({
    flag: 'storage-memory',
    env: 'BR_STORAGE_MEMORY',
    help: 'memory for uploads to S3 together, 5M each at least; more uploads wait, then are refused',
    schema: size.refine((bytes) => bytes >= 5_242_880, 'must be 5M or more').default(268_435_456),
  }),
  storageHealthTimeout: setting({
    flag: 'storage-health-timeout',
    env: 'BR_STORAGE_HEALTH_TIMEOUT',
    help: 'time for the storage check of /ready',
    schema: duration(1).default(5000),
  }),
  storageIoTimeout: setting({
    flag: 'storage-io-timeout',
    env: 'BR_STORAGE_IO_TIMEOUT',
    help: 'total time for writing one file; 0 (default): no limit while bytes come',
    schema: duration(0).default(0),
  }),
  httpUploadTimeout: setting({
    flag: 'http-upload-timeout',
    env: 'BR_HTTP_UPLOAD_TIMEOUT',
    help: 'total time of an upload; 0 (default): no limit while bytes come',
    schema: duration(0).default(0),
  }),
  httpDownloadTimeout: setting({
    flag: 'http-download-timeout',
    env: 'BR_HTTP_DOWNLOAD_TIMEOUT',
    help: 'total time until a download begins; 0 (default): no limit',
    schema: duration(0).default(0),
  }),
  httpIdleTimeout: setting({
    flag: 'http-idle-timeout',
    env: 'BR_HTTP_IDLE_TIMEOUT',
    help: 'a connection without a byte for this long is cut',
    schema: duration(1000).default(900_000),
  }),
  httpDrainTimeout: setting({
    flag: 'http-drain-timeout',
    env: 'BR_HTTP_DRAIN_TIMEOUT',
    help: 'time that running transfers have when the server is told to stop',
    schema: duration(0).default(20_000),
  }),
  verifyPeriod: setting({
    flag: 'verify-period',
    env: 'BR_VERIFY_PERIOD',
    help: 'within it every stored byte is read again and compared (default: 720h); 0: only on demand',
    schema: duration(0).default(30 * 24 * 3_600_000),
  }),
  verifyRate: setting({
    flag: 'verify-rate',
    env: 'BR_VERIFY_RATE',
    help: 'bytes per second that verification may read (default: 32M)',
    schema: size.refine((bytes) => bytes > 0, 'must be more than nothing').default(33_554_432),
  }),
  sweepInterval: setting({
    flag: 'sweep-interval',
    env: 'BR_SWEEP_INTERVAL',
    help: 'time between two comparisons of storage and database (default: 24h); 0: only on demand',
    schema: duration(0).default(24 * 3_600_000),
  }),
  orphanGrace: setting({
    flag: 'orphan-grace',
    env: 'BR_ORPHAN_GRACE',
    help: 'an object without a version is no orphan before this age (default: 24h)',
    schema: duration(3_600_000).default(24 * 3_600_000),
  }),
  removeOrphans: setting({
    flag: 'remove-orphans',
    env: 'BR_REMOVE_ORPHANS',
    help: 'whether orphans are removed after the grace; otherwise (default) they are only reported',
    schema: onOff.default(false),
  }),
  rateDefaultLimit: setting({
    flag: 'rate-default-limit',
    help: 'requests per second and address; 0: no limit',
    schema: rate.default(5),
  }),
  rateAuthLimit: setting({
    flag: 'rate-auth-limit',
    help: 'logins per minute and address; 0: no limit',
    schema: rate.default(10),
  }),
  rateCollectionHealthLimit: setting({
    flag: 'rate-collection-health-limit',
    help: 'health checks of collections per minute and address; 0: no limit',
    schema: rate.default(10),
  }),
  rateServerHealthLimit: setting({
    flag: 'rate-server-health-limit',
    help: 'health checks of the server per minute and address; 0: no limit',
    schema: rate.default(160),
  }),
  listen: setting({
    flag: 'listen',
    help: 'address to listen on',
    schema: listen.default({ host: '', port: 8080 }),
  }),
  provider: setting({
    flag: 'provider',
    short: 'p',
    env: 'BR_CONFIG_PROVIDER',
    help: 'kubernetes or filesystem',
    schema: z
      .enum(['kubernetes', 'filesystem'], {
        error: ({ input }) => `Invalid configuration provider name '${String(input)}'`,
      })
      .default('kubernetes'),
  }),
  configLocalPath: setting({
    flag: 'config-local-path',
    env: 'BR_CONFIG_LOCAL_PATH',
    help: 'root folder of the filesystem provider',
    schema: text.default('~/.backup-repository'),
  }),
  trustedProxies: setting({
    flag: 'trusted-proxies',
    env: 'BR_TRUSTED_PROXIES',
    help: 'addresses and ranges whose X-Forwarded-For counts, separated by commas',
    schema: list.default([]),
  }),
  enforceIpRestrictions: setting({
    flag: 'enforce-ip-restrictions',
    env: 'BR_ENFORCE_IP_RESTRICTIONS',
    help: 'whether restrictByIP of users counts (default: true)',
    schema: onOff.default(true),
  }),
} as const;

export type RepositorySettings = {
  [name in keyof typeof repositorySettingDefinitions]: z.output<(typeof repositorySettingDefinitions)[name]['schema']>;
};
