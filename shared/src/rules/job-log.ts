/**
 * The log lines of `backup-maker`, which the console reads: one line is one entry, as logfmt
 * (`time="…" level=info msg="Progress" bytes=10`) or, with `--json`, as one JSON object with the same keys.
 */
export const logLevels = ['panic', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof logLevels)[number];

export type LogValue = string | number | boolean;

export interface LogEntry {
  /** RFC 3339. */
  readonly time: string;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, LogValue>>;
}

/** As read: every value is text. */
export interface ParsedLogEntry {
  readonly time?: string;
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** The messages that the console and scripts look for. */
export const jobMessages = {
  backupStarted: 'Backup started',
  restoreStarted: 'Restore started',
  commandStarted: 'Command started',
  progress: 'Progress',
  uploaded: 'Version uploaded',
  restored: 'Download/restore finished with success',
  backupFailed: 'Backup failed',
  restoreFailed: 'Restore failed',
} as const;

export type JobStage = 'dump' | 'encrypt' | 'upload' | 'download' | 'verify' | 'decrypt' | 'load';

/** Longer lines are never lines of the client. */
const longestLine = 16_384;

const plainValue = /^[\w.:/+@%,-]+$/;

const quoted = (value: LogValue): string => {
  const text = String(value);
  return plainValue.test(text) ? text : JSON.stringify(text);
};

export const formatLogLine = (entry: LogEntry, format: 'logfmt' | 'json' = 'logfmt'): string => {
  const { time, level, message, fields } = entry;
  if (format === 'json') return JSON.stringify({ time, level, msg: message, ...fields });
  const pairs = Object.entries(fields).map(([name, value]) => ` ${name}=${quoted(value)}`);
  return `time=${JSON.stringify(time)} level=${level} msg=${JSON.stringify(message)}${pairs.join('')}`;
};

const unquote = (text: string): string | undefined => {
  if (!text.startsWith('"')) return text;
  try {
    return String(JSON.parse(text));
  } catch {
    return undefined;
  }
};

const logfmtPairs = (line: string): Map<string, string> => {
  const pairs = new Map<string, string>();
  for (const match of line.matchAll(/(?:^|\s)([A-Za-z_][\w.-]*)=("(?:[^"\\]|\\.)*"|[^\s"]*)(?=\s|$)/g)) {
    const value = unquote(match[2] ?? '');
    if (match[1] !== undefined && value !== undefined) pairs.set(match[1], value);
  }
  return pairs;
};

const jsonPairs = (line: string): Map<string, string> => {
  const pairs = new Map<string, string>();
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return pairs;
    for (const [name, field] of Object.entries(value)) {
      if (typeof field === 'string' || typeof field === 'number' || typeof field === 'boolean') {
        pairs.set(name, String(field));
      }
    }
  } catch {
    pairs.clear();
  }
  return pairs;
};

/** One line of a job's log; undefined for lines that the client did not write. */
export const parseLogLine = (line: string): ParsedLogEntry | undefined => {
  if (line.length > longestLine) return undefined;
  const text = line.trim();
  if (!text.startsWith('{') && !text.startsWith('time=') && !text.startsWith('level=')) return undefined;
  const pairs = text.startsWith('{') ? jsonPairs(text) : logfmtPairs(text);
  const level = pairs.get('level');
  const message = pairs.get('msg');
  if (level === undefined || message === undefined) return undefined;
  const time = pairs.get('time');
  for (const name of ['time', 'level', 'msg']) pairs.delete(name);
  return { ...(time === undefined ? {} : { time }), level, message, fields: Object.fromEntries(pairs) };
};

export type JobEvent =
  | {
      readonly type: 'started';
      readonly operation: 'backup' | 'restore';
      readonly collection?: string;
      /** What was asked for on a restore: `latest`, `v3`, … */
      readonly version?: string;
    }
  /** The dump or the restore command runs. */
  | { readonly type: 'command' }
  | {
      readonly type: 'progress';
      readonly bytes: number;
      readonly totalBytes?: number;
      readonly bytesPerSecond?: number;
    }
  | { readonly type: 'uploaded'; readonly version?: number; readonly bytes?: number; readonly sha256?: string }
  | { readonly type: 'restored'; readonly bytes?: number }
  | {
      readonly type: 'failed';
      readonly operation: 'backup' | 'restore';
      readonly stage?: JobStage;
      readonly reason: string;
      /** Of the user's command. */
      readonly exitCode?: number;
      readonly signal?: string;
    };

const stages: readonly string[] = ['dump', 'encrypt', 'upload', 'download', 'verify', 'decrypt', 'load'];

const numberOf = (text: string | undefined): number | undefined => {
  if (text === undefined || !/^\d+(\.\d+)?$/.test(text)) return undefined;
  return Number(text);
};

const given = <T extends object>(fields: T): T =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;

const failureOf = (operation: 'backup' | 'restore', fields: ParsedLogEntry['fields']): JobEvent =>
  given({
    type: 'failed' as const,
    operation,
    stage: stages.includes(fields['stage'] ?? '') ? (fields['stage'] as JobStage) : undefined,
    reason: fields['reason'] ?? 'unknown reason',
    exitCode: numberOf(fields['exitCode']),
    signal: fields['signal'],
  });

const readers: Record<string, (fields: ParsedLogEntry['fields']) => JobEvent | undefined> = {
  [jobMessages.backupStarted]: (fields) =>
    given({ type: 'started' as const, operation: 'backup' as const, collection: fields['collection'] }),
  [jobMessages.restoreStarted]: (fields) =>
    given({
      type: 'started' as const,
      operation: 'restore' as const,
      collection: fields['collection'],
      version: fields['version'],
    }),
  [jobMessages.commandStarted]: () => ({ type: 'command' }),
  [jobMessages.progress]: (fields) => {
    const bytes = numberOf(fields['bytes']);
    if (bytes === undefined) return undefined;
    const totalBytes = numberOf(fields['total']);
    return given({ type: 'progress' as const, bytes, totalBytes, bytesPerSecond: numberOf(fields['rate']) });
  },
  [jobMessages.uploaded]: (fields) =>
    given({
      type: 'uploaded' as const,
      version: numberOf(fields['version']),
      bytes: numberOf(fields['bytes']),
      sha256: fields['sha256'],
    }),
  [jobMessages.restored]: (fields) => given({ type: 'restored' as const, bytes: numberOf(fields['bytes']) }),
  [jobMessages.backupFailed]: (fields) => failureOf('backup', fields),
  [jobMessages.restoreFailed]: (fields) => failureOf('restore', fields),
};

/** What a line says about the job; undefined for every other line of the log. */
export const readJobEvent = (line: string): JobEvent | undefined => {
  const entry = parseLogLine(line);
  return entry && Object.hasOwn(readers, entry.message) ? readers[entry.message]?.(entry.fields) : undefined;
};

/** What a whole log says, as far as it was read. Start with `{}`. */
export interface JobLogSummary {
  readonly operation?: 'backup' | 'restore';
  readonly commandStarted?: boolean;
  readonly progress?: Extract<JobEvent, { type: 'progress' }>;
  readonly uploaded?: Extract<JobEvent, { type: 'uploaded' }>;
  readonly restored?: Extract<JobEvent, { type: 'restored' }>;
  readonly failure?: Extract<JobEvent, { type: 'failed' }>;
}

/** Folds one more line into the summary. A new start (a retried Pod) forgets what was before. */
export const foldJobLog = (summary: JobLogSummary, line: string): JobLogSummary => {
  const event = readJobEvent(line);
  switch (event?.type) {
    case undefined:
      return summary;
    case 'started':
      return { operation: event.operation };
    case 'command':
      return { ...summary, commandStarted: true };
    case 'progress':
      return { ...summary, progress: event };
    case 'uploaded':
      return { ...summary, operation: 'backup', uploaded: event };
    case 'restored':
      return { ...summary, operation: 'restore', restored: event };
    case 'failed':
      return { ...summary, operation: event.operation, failure: event };
  }
};
