import { type ScheduleSummary, scheduleStateSchema } from '@backstay/shared';
import { SearchInput } from '@patternfly/react-core';
import type { z } from 'zod';
import { formatCount } from '../../lib/format.ts';
import type { scheduleSearch } from '../../lib/search.ts';
import { FilterSelect } from '../../ui/filter-select.tsx';
import { scheduleStateText } from '../../ui/state-label.tsx';

export type ScheduleSearch = z.output<typeof scheduleSearch>;

interface Props {
  search: ScheduleSearch;
  schedules: readonly ScheduleSummary[];
  shown: number;
  onChange: (next: Partial<ScheduleSearch>) => void;
}

const states = scheduleStateSchema.options.map((value) => ({ value, label: scheduleStateText(value) }));

export function ScheduleFilters({ search, schedules, shown, onChange }: Props) {
  const namespaces = [...new Set(schedules.map(({ namespace }) => namespace))].toSorted();
  return (
    <search className="bs-filters" aria-label="Filters">
      <SearchInput
        aria-label="Find schedules"
        placeholder="Find by name or procedure"
        value={search.q ?? ''}
        onChange={(_, q) => onChange({ q: q === '' ? undefined : q })}
        onClear={() => onChange({ q: undefined })}
      />
      <FilterSelect label="State" value={search.state} choices={states} onChange={(state) => onChange({ state })} />
      {namespaces.length > 1 || search.namespace !== undefined ? (
        <FilterSelect
          label="Namespace"
          value={search.namespace}
          choices={namespaces.map((value) => ({ value, label: value }))}
          onChange={(namespace) => onChange({ namespace })}
        />
      ) : null}
      <span className="bs-subtle bs-filters__count" aria-live="polite">
        {shown === schedules.length
          ? formatCount(shown, 'schedule')
          : `${shown} of ${formatCount(schedules.length, 'schedule')}`}
      </span>
    </search>
  );
}
