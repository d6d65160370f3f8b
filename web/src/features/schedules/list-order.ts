import type { ScheduleState, ScheduleSummary } from '@backstay/shared';

export const sortableColumns = ['state', 'name', 'procedure', 'nextRun', 'newest'] as const;
export type SortColumn = (typeof sortableColumns)[number];

/** What needs a person comes first. */
const urgency: Record<ScheduleState, number> = {
  failing: 0,
  invalid: 1,
  overdue: 2,
  'never-ran': 3,
  paused: 4,
  protected: 5,
};

type Compare = (a: ScheduleSummary, b: ScheduleSummary) => number;
/** After every instant that is written in digits. */
const never = '~';

const compares: Record<SortColumn, Compare> = {
  state: (a, b) => urgency[a.state] - urgency[b.state],
  name: (a, b) => a.name.localeCompare(b.name),
  procedure: (a, b) => a.procedure.title.localeCompare(b.procedure.title),
  nextRun: (a, b) => (a.nextRun ?? never).localeCompare(b.nextRun ?? never),
  newest: (a, b) => (b.newestVersion?.createdAt ?? '').localeCompare(a.newestVersion?.createdAt ?? ''),
};

export interface SortOrder {
  column: SortColumn;
  descending: boolean;
}

export function parseSort(sort: string | undefined): SortOrder {
  const descending = sort?.startsWith('-') ?? false;
  const column = sortableColumns.find((each) => each === (descending ? sort?.slice(1) : sort));
  return column === undefined ? { column: 'state', descending: false } : { column, descending };
}

export const formatSort = ({ column, descending }: SortOrder): string => `${descending ? '-' : ''}${column}`;

interface Filter {
  q?: string | undefined;
  namespace?: string | undefined;
  state?: ScheduleState | undefined;
}

const matches = (schedule: ScheduleSummary, filter: Filter): boolean =>
  (filter.namespace === undefined || schedule.namespace === filter.namespace) &&
  (filter.state === undefined || schedule.state === filter.state) &&
  (filter.q === undefined ||
    `${schedule.namespace}/${schedule.name} ${schedule.procedure.title} ${schedule.collection}`
      .toLowerCase()
      .includes(filter.q.toLowerCase()));

export function arrange(
  schedules: readonly ScheduleSummary[],
  filter: Filter,
  { column, descending }: SortOrder,
): ScheduleSummary[] {
  const direction = descending ? -1 : 1;
  const byName = compares.name;
  return schedules
    .filter((schedule) => matches(schedule, filter))
    .toSorted((a, b) => direction * compares[column](a, b) || byName(a, b) || a.namespace.localeCompare(b.namespace));
}
