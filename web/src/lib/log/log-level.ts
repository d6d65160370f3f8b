/** 0: not told. */
export type LogLevel = 0 | 1 | 2 | 3 | 4;
export const levelNames = ['', 'debug', 'info', 'warning', 'error'] as const;

const words: Record<string, LogLevel> = {
  trace: 1,
  debug: 1,
  info: 2,
  notice: 2,
  warn: 3,
  warning: 3,
  err: 4,
  error: 4,
  fatal: 4,
  panic: 4,
  critical: 4,
};
const told = /\blevel=["']?([A-Za-z]+)/;
const spoken = /\b(ERROR|FATAL|PANIC|CRITICAL|WARN|WARNING|INFO|DEBUG)\b|\b(error|fatal|warning):/;

/** What a line says about its own weight: logfmt `level=...`, or a word as loggers and tools write it. */
export function levelOf(line: string): LogLevel {
  const word = told.exec(line)?.[1] ?? spoken.exec(line)?.slice(1).find(Boolean);
  return word === undefined ? 0 : (words[word.toLowerCase()] ?? 0);
}
