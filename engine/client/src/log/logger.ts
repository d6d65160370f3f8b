import { formatLogLine, type LogLevel, type LogValue, logLevels } from '@backstay/shared/rules/job-log';

export type LogFields = Readonly<Record<string, LogValue | undefined>>;

export interface Logger {
  log(level: LogLevel, message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly format: 'logfmt' | 'json';
  readonly write: (line: string) => void;
  readonly now: () => Date;
  /** Values that must never be seen; replaced wherever they occur. */
  readonly secrets: readonly string[];
}

const redact = (line: string, secrets: readonly string[]): string =>
  secrets.reduce((text, secret) => (secret.length < 4 ? text : text.replaceAll(secret, '***')), line);

export const createLogger = ({ level: lowest, format, write, now, secrets }: LoggerOptions): Logger => {
  const log = (level: LogLevel, message: string, fields: LogFields = {}): void => {
    if (logLevels.indexOf(level) > logLevels.indexOf(lowest)) return;
    const given = Object.entries(fields).filter((field): field is [string, LogValue] => field[1] !== undefined);
    const entry = { time: now().toISOString(), level, message, fields: Object.fromEntries(given) };
    write(`${redact(formatLogLine(entry, format), secrets)}\n`);
  };
  return {
    log,
    info: (message, fields) => log('info', message, fields),
    warn: (message, fields) => log('warn', message, fields),
    error: (message, fields) => log('error', message, fields),
    debug: (message, fields) => log('debug', message, fields),
  };
};
