import type { ScheduleState, ScheduleSummary } from '@backstay/shared';
import { formatCount } from '../../lib/format.ts';

export interface Verdict {
  tone: 'success' | 'warning' | 'danger';
  title: string;
  /** The schedules that speak against a better verdict, worst first. */
  because: readonly ScheduleSummary[];
  counts: Readonly<Record<ScheduleState, number>>;
}

/** Worst first. */
const order: readonly ScheduleState[] = ['failing', 'invalid', 'overdue', 'never-ran', 'paused', 'protected'];

const countStates = (schedules: readonly ScheduleSummary[]): Record<ScheduleState, number> => {
  const counts = { failing: 0, invalid: 0, overdue: 0, 'never-ran': 0, paused: 0, protected: 0 };
  for (const { state } of schedules) counts[state] += 1;
  return counts;
};

/** Would I get my data back today? Never green from intent: only stored, young backups count. */
export function judge(schedules: readonly ScheduleSummary[]): Verdict {
  const counts = countStates(schedules);
  const because = schedules
    .filter(({ state }) => state !== 'protected')
    .toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
  const failing = counts.failing + counts.invalid;
  if (failing > 0) {
    return {
      tone: 'danger',
      title: `${formatCount(failing, 'schedule is', 'schedules are')} failing`,
      because,
      counts,
    };
  }
  if (counts.overdue > 0) {
    const title = `${formatCount(counts.overdue, 'schedule is', 'schedules are')} overdue`;
    return { tone: 'warning', title, because, counts };
  }
  if (counts.protected === 0) return { tone: 'warning', title: 'Nothing is protected yet', because, counts };
  if (because.length > 0) {
    const title = `${formatCount(because.length, 'schedule does', 'schedules do')} not protect anything at the moment`;
    return { tone: 'warning', title, because, counts };
  }
  const title = schedules.length === 1 ? 'Your schedule has a fresh backup' : 'Every schedule has a fresh backup';
  return { tone: 'success', title, because, counts };
}
