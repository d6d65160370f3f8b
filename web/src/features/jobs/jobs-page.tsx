import { jobStateSchema } from '@backstay/shared';
import { Button, PageSection } from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { z } from 'zod';
import { schedulesQuery } from '../../lib/queries/schedules.ts';
import type { jobSearch } from '../../lib/search.ts';
import { FilterSelect } from '../../ui/filter-select.tsx';
import { JobTable } from '../../ui/job-table.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { SearchSelect } from '../../ui/search-select.tsx';
import { jobStateText } from '../../ui/state-label.tsx';

type JobSearch = z.output<typeof jobSearch>;
const page = getRouteApi('/shell/jobs');
const states = jobStateSchema.options.map((value) => ({ value, label: jobStateText(value) }));
const operations = [
  { value: 'backup', label: 'Backup' },
  { value: 'restore', label: 'Restore' },
] as const;

export function JobsPage() {
  const search = page.useSearch();
  const filtered = Object.values(search).some((value) => value !== undefined);
  return (
    <>
      <PageHeader
        title="Jobs"
        subtitle="Every backup and restore, newest first. Records and logs stay after Kubernetes forgot the job."
      />
      <PageSection hasBodyWrapper={false} className="bs-page">
        <Filters search={search} filtered={filtered} />
        <JobTable
          filter={search}
          label="Jobs"
          {...(filtered ? { nothing: 'No job matches these filters. Change or clear them above.' } : {})}
        />
      </PageSection>
    </>
  );
}

function Filters({ search, filtered }: { search: JobSearch; filtered: boolean }) {
  const navigate = page.useNavigate();
  const schedules = useQuery(schedulesQuery());
  const change = (next: Partial<JobSearch>) =>
    void navigate({ search: (before) => ({ ...before, ...next }), replace: true });
  const choices = (schedules.data?.items ?? []).map(({ namespace, name }) => ({
    value: `${namespace}/${name}`,
    label: name,
    description: namespace,
  }));
  const chosen = search.schedule === undefined ? '' : `${search.namespace ?? ''}/${search.schedule}`;
  const choose = (value: string) => {
    const [namespace, schedule] = value === '' ? [undefined, undefined] : value.split('/');
    change({ namespace, schedule });
  };
  return (
    <search className="bs-filters" aria-label="Filters">
      <FilterSelect label="State" value={search.state} choices={states} onChange={(state) => change({ state })} />
      <FilterSelect
        label="Kind"
        value={search.operation}
        choices={operations}
        onChange={(operation) => change({ operation })}
      />
      <div className="bs-filters__select">
        <SearchSelect
          id="job-schedule"
          label="Schedule"
          placeholder="All schedules"
          value={chosen}
          choices={choices}
          onChange={choose}
          clearable
        />
      </div>
      {filtered ? (
        <Button variant="link" onClick={() => void navigate({ search: {}, replace: true })}>
          Clear filters
        </Button>
      ) : null}
    </search>
  );
}
