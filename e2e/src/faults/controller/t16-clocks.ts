import { parseBackupWindow, parseCron } from '@backstay/shared';
import type { FaultCase, FaultRun } from '../fault-case.ts';
import { allMatches, mayMistakeDays, oracleFor } from './cron-oracle.ts';

const zones = ['Europe/Warsaw', 'America/New_York', 'Australia/Sydney', 'America/Sao_Paulo', 'Africa/Cairo'] as const;
const minute = 60_000;
const day = 24 * 60 * minute;

/** Days on which a clock of one of the zones was or will be changed, and days around them. */
const changes = [
  ...['2026-03-29', '2026-10-25', '2026-03-08', '2026-11-01', '2026-04-05', '2026-10-04'],
  ...['2018-11-04', '2018-02-18', '2024-04-26', '2024-10-31', '2025-04-25', '2026-07-15'],
] as const;

const field = ({ random }: FaultRun, min: number, max: number): string => {
  const value = (): number => random.int(min, max + 1);
  const [a, b] = [value(), value()];
  return random.pick([
    '*',
    `${a}`,
    `${Math.min(a, b)}-${Math.max(a, b)}`,
    `*/${random.int(1, max)}`,
    `${a},${b}`,
    `${Math.min(a, b)}/${random.int(1, max)}`,
  ]);
};

const expressionOf = (run: FaultRun): string =>
  [
    run.random.pick(['0', '30', '*/15', field(run, 0, 59)]),
    run.random.pick(['*', '2', '0-3', field(run, 0, 23)]),
    run.random.pick(['*', '*', field(run, 1, 31)]),
    run.random.pick(['*', '*', field(run, 1, 12)]),
    run.random.pick(['*', '*', field(run, 0, 6)]),
  ].join(' ');

interface Around {
  expression: string;
  timeZone: string;
  from: number;
  /** Every start within three days of `from`, found by looking at each minute. */
  starts: readonly number[];
}

/** The next start after any instant, and the one before it, are those that the oracle has listed. */
function checkStarts(run: FaultRun, { expression, timeZone, from, starts }: Around): void {
  const parsed = parseCron(expression, { timeZone });
  if (!parsed.ok) {
    run.broken(`${expression} is refused: ${parsed.message}`);
    return;
  }
  // The clock jumps to and fro: an answer depends on the instant that is asked about, and on nothing else.
  const at = from + run.random.int(0, (3 * day) / 1000) * 1000;
  const told = parsed.schedule.next(new Date(at))?.getTime();
  const next = starts.find((start) => start > at);
  const where = `${expression} in ${timeZone} at ${new Date(at).toISOString()}`;
  run.injected();
  if (next === undefined ? told !== undefined && told < from + 3 * day : told !== next)
    run.broken(
      `${where}: next is ${told && new Date(told).toISOString()}, not ${next && new Date(next).toISOString()}`,
    );
  const last = starts.findLast((start) => start <= at);
  if (last === undefined) return;
  const before = parsed.schedule.previous(new Date(at))?.getTime();
  run.injected();
  if (before !== last) run.broken(`${where}: the last is ${before}, not ${last}`);
}

/** A window is open from its start to before its end, to the millisecond. */
function checkWindow(run: FaultRun, { expression, timeZone, from, starts }: Around): void {
  const minutes = run.random.int(1, 300);
  const parsed = parseBackupWindow({ from: expression, duration: `${minutes}m` }, { timeZone });
  if (!parsed.ok) {
    run.broken(`the window ${expression} is refused: ${parsed.message}`);
    return;
  }
  const { window } = parsed;
  const edge = starts[run.random.int(0, starts.length)];
  if (edge === undefined) return;
  const shift = run.random.pick([-1, 0, 1, minutes * minute - 1, minutes * minute, minutes * minute + 1]);
  const at = edge + shift;
  if (at < from + day || at >= from + 3 * day) return;
  const expected = starts.some((start) => start <= at && at < start + minutes * minute);
  run.injected();
  if (window.contains(new Date(at)) !== expected)
    run.broken(
      `window ${expression} for ${minutes}m in ${timeZone}: ${new Date(at).toISOString()} is ${expected ? 'inside' : 'outside'}`,
    );
}

/** A scheduler that is asked at instants that jump makes each start once: neither a second time nor never. */
function checkJumps(run: FaultRun, { expression, timeZone, from, starts }: Around): void {
  const parsed = parseCron(expression, { timeZone });
  if (!parsed.ok) return;
  let last = new Date(from + day);
  const made: number[] = [];
  let clock = last.getTime();
  const end = from + 3 * day;
  while (clock < end) {
    // Mostly a minute, now and then an hour or a day, forward and back.
    clock += run.random.pick([minute, 10 * minute, 60 * minute, -60 * minute, day / 2, -minute, 5 * minute]);
    const due = parsed.schedule.previous(new Date(clock), last);
    if (due !== undefined) {
      made.push(due.getTime());
      last = due;
    }
  }
  run.injected();
  if (new Set(made).size !== made.length) run.broken(`${expression} in ${timeZone}: a start was made twice`);
  if (made.some((start) => !starts.includes(start) && start < end)) run.broken(`${expression}: a start that is none`);
  const latest = starts.findLast((start) => start > from + day && start <= end - day);
  if (latest !== undefined && !made.some((start) => start >= latest))
    run.broken(`${expression}: the latest start is missing`);
}

export const clockJumps: FaultCase = {
  name: 'T16',
  explains:
    'clocks that jump, changes of the clock in five zones and edges of windows, against a minute-by-minute oracle',
  run: async (run) => {
    const wanted = run.rounds(120, 12_000);
    for (let round = 0; round < wanted; round += 1) {
      const timeZone = run.random.pick(zones);
      const from = Date.parse(`${run.random.pick(changes)}T00:00:00Z`) - day;
      const expression = expressionOf(run);
      const span = { from, until: from + 3 * day };
      const oracle = oracleFor(timeZone);
      if (mayMistakeDays(oracle, expression, span)) continue;
      const starts = allMatches(oracle, expression, span);
      const around = { expression, timeZone, from, starts };
      for (let probe = 0; probe < 40; probe += 1) {
        checkStarts(run, around);
        checkWindow(run, around);
      }
      checkJumps(run, around);
      // Others may have something to do between two rounds.
      if (round % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  },
};
