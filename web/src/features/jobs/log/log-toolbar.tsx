import { type JobSummary, jobRoutes } from '@backstay/shared';
import { Button, SearchInput, ToggleGroup, ToggleGroupItem } from '@patternfly/react-core';
import { addressOf } from '../../../lib/api.ts';
import type { LogLevel } from '../../../lib/log/log-level.ts';
import { FilterSelect } from '../../../ui/filter-select.tsx';
import type { LogSearch } from './use-log-search.ts';

export interface LogOptions {
  wrap: boolean;
  timestamps: boolean;
  minLevel: LogLevel;
}

interface Props {
  job: JobSummary;
  options: LogOptions;
  onOptions: (options: LogOptions) => void;
  search: LogSearch;
  onShow: (line: number) => void;
  follow: boolean;
  onFollow: (follow: boolean) => void;
  running: boolean;
}

const levels = [
  { value: '2', label: 'info and above' },
  { value: '3', label: 'warnings and errors' },
  { value: '4', label: 'errors' },
] as const;

export function LogToolbar({ job, options, onOptions, search, onShow, follow, onFollow, running }: Props) {
  const step = (by: number) => {
    const line = search.step(by);
    if (line !== undefined) onShow(line);
  };
  const level = levels.find(({ value }) => Number(value) === options.minLevel)?.value;
  const download = addressOf(jobRoutes.getJobLog, {
    params: { namespace: job.namespace, name: job.name },
    query: { download: true },
  });
  return (
    <div className="bs-log__bar">
      <SearchInput
        className="bs-log__search"
        aria-label="Search the log (regular expression)"
        placeholder="Search, e.g. error|warn"
        value={search.query}
        onChange={(_, query) => search.setQuery(query)}
        onClear={() => search.setQuery('')}
        onSearch={() => step(1)}
        resultsCount={
          search.hits === undefined ? '' : `${search.hits.size === 0 ? 0 : search.current + 1} / ${search.hits.size}`
        }
        onNextClick={() => step(1)}
        onPreviousClick={() => step(-1)}
      />
      {search.mistake === undefined ? null : (
        <span className="bs-danger bs-small" role="alert">
          Not a regular expression
        </span>
      )}
      <FilterSelect
        label="Level"
        value={level}
        choices={levels}
        onChange={(next) => onOptions({ ...options, minLevel: Number(next ?? 0) as LogLevel })}
      />
      <ToggleGroup aria-label="How lines are shown" isCompact>
        <ToggleGroupItem
          text="Wrap"
          isSelected={options.wrap}
          onChange={(_, wrap) => onOptions({ ...options, wrap })}
        />
        <ToggleGroupItem
          text="Times"
          isSelected={options.timestamps}
          onChange={(_, timestamps) => onOptions({ ...options, timestamps })}
        />
      </ToggleGroup>
      {running ? (
        <Button variant="secondary" size="sm" onClick={() => onFollow(!follow)} aria-pressed={follow}>
          {follow ? 'Pause' : 'Follow'}
        </Button>
      ) : null}
      <Button variant="link" component="a" href={download} download={`${job.name}.log`}>
        Download
      </Button>
    </div>
  );
}
