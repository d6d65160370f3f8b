import { describe, expect, it } from 'vitest';
import { type ScheduleFacts, scheduleState } from './schedule-state.ts';

const hour = 3_600_000;
const now = new Date('2026-11-23T12:30:00Z');
const ago = (hours: number) => new Date(now.getTime() - hours * hour);
const hourly = (instant: Date) => new Date((Math.floor(instant.getTime() / hour) + 1) * hour);

const facts = (more: Partial<ScheduleFacts> = {}): ScheduleFacts => ({
  now,
  createdAt: ago(100),
  paused: false,
  enabled: true,
  nextAfter: hourly,
  backups: [{ state: 'succeeded', at: ago(0.4) }],
  newest: { number: 7, createdAt: ago(0.4) },
  ...more,
});

describe('scheduleState', () => {
  it('is protected by a young version only', () => {
    expect(scheduleState(facts())).toEqual({
      state: 'protected',
      reasons: ['The newest backup (version 7) is 24 minutes old.'],
    });
    expect(scheduleState(facts({ newest: undefined, createdAt: ago(0.1) })).state).toBe('failing');
    expect(scheduleState(facts({ newest: undefined, backups: [], createdAt: ago(0.1) })).state).toBe('never-ran');
  });

  it('is overdue half a period after a planned start that stored nothing', () => {
    expect(scheduleState(facts({ newest: { number: 7, createdAt: ago(0.9) } })).state).toBe('protected');
    expect(scheduleState(facts({ newest: { number: 7, createdAt: ago(1.6) } })).state).toBe('overdue');
    expect(scheduleState(facts({ newest: undefined, backups: [] })).state).toBe('overdue');
  });

  it('is failing while the last finished backup failed, and says why', () => {
    const failed = { state: 'failed' as const, at: ago(0.1), reason: 'Upload: refused' };
    expect(scheduleState(facts({ backups: [failed] })).reasons[0]).toBe('The last backup failed. Upload: refused');
    const running = { state: 'running' as const, at: ago(0) };
    expect(scheduleState(facts({ backups: [running, failed] })).state).toBe('failing');
    const done = { state: 'succeeded' as const, at: ago(0) };
    expect(scheduleState(facts({ backups: [done, failed] })).state).toBe('protected');
  });

  it('is invalid before anything else, and paused is never overdue', () => {
    expect(scheduleState(facts({ invalid: 'Secret x is missing.' })).state).toBe('invalid');
    const old = { number: 7, createdAt: ago(900) };
    expect(scheduleState(facts({ paused: true, newest: old })).state).toBe('paused');
    expect(scheduleState(facts({ enabled: false, newest: old })).state).toBe('protected');
  });
});
