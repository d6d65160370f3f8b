import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientExitCodes, describeClientExitCode } from './client-exit-codes.ts';
import { foldJobLog, formatLogLine, jobMessages, type LogEntry, parseLogLine, readJobEvent } from './job-log.ts';

const entry = (message: string, fields: LogEntry['fields'] = {}): LogEntry => ({
  time: '2026-01-02T03:04:05.678Z',
  level: 'info',
  message,
  fields,
});

describe('log lines', () => {
  it('look like logfmt', () => {
    const line = formatLogLine(entry('Version uploaded', { collection: 'iwa-ait', version: 3, bytes: 123 }));
    expect(line).toBe(
      'time="2026-01-02T03:04:05.678Z" level=info msg="Version uploaded" collection=iwa-ait version=3 bytes=123',
    );
  });

  it('give back what was written, in both formats, on one line', () => {
    const names = fc.stringMatching(/^[a-z]{3,8}$/).filter((name) => !['time', 'level', 'msg'].includes(name));
    fc.assert(
      fc.property(fc.string(), fc.dictionary(names, fc.string()), (message, fields) => {
        for (const format of ['logfmt', 'json'] as const) {
          const line = formatLogLine(entry(message, fields), format);
          expect(line).not.toMatch(/[\r\n]/);
          expect(parseLogLine(line)).toEqual({ time: '2026-01-02T03:04:05.678Z', level: 'info', message, fields });
        }
      }),
    );
  });

  it('of other programs are left alone, whatever they hold', () => {
    for (const line of [
      '',
      'tar: removing leading /',
      '{"a":1}',
      'level=info',
      '{',
      '[]',
      `time="x" msg=${'y'.repeat(20_000)}`,
    ]) {
      expect(parseLogLine(line)).toBeUndefined();
    }
    fc.assert(fc.property(fc.string(), (line) => readJobEvent(line) === undefined));
  });
});

describe('the summary of a log', () => {
  const fold = (lines: readonly string[]) => lines.reduce(foldJobLog, {});

  it('holds progress and the stored version', () => {
    const summary = fold([
      formatLogLine(entry(jobMessages.backupStarted, { collection: 'c' })),
      'pg_dump: something',
      formatLogLine(entry(jobMessages.progress, { bytes: 10, rate: 5 })),
      formatLogLine(entry(jobMessages.progress, { bytes: 20, rate: 6, total: 40 }), 'json'),
      formatLogLine(entry(jobMessages.uploaded, { version: 3, bytes: 30, sha256: 'ab' })),
    ]);
    expect(summary).toEqual({
      operation: 'backup',
      progress: { type: 'progress', bytes: 20, totalBytes: 40, bytesPerSecond: 6 },
      uploaded: { type: 'uploaded', version: 3, bytes: 30, sha256: 'ab' },
    });
  });

  it('holds the failure, and forgets it when the job starts anew', () => {
    const failed = formatLogLine(
      entry(jobMessages.backupFailed, { stage: 'dump', exitCode: 3, reason: 'the command exited with 3' }),
    );
    expect(fold([failed]).failure).toEqual({
      type: 'failed',
      operation: 'backup',
      stage: 'dump',
      exitCode: 3,
      reason: 'the command exited with 3',
    });
    expect(fold([failed, formatLogLine(entry(jobMessages.backupStarted))])).toEqual({ operation: 'backup' });
  });
});

describe('exit codes', () => {
  it('are distinct', () => {
    const codes = Object.values(clientExitCodes).map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
  });

  it('of signals are described', () => {
    expect(describeClientExitCode(143).title).toBe('Ended by signal 15');
    expect(describeClientExitCode(10).title).toBe('The dump command failed');
    expect(describeClientExitCode(99).title).toBe('Exit code 99');
  });
});
