import { PageSection } from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { schedulesQuery } from '../../lib/queries/schedules.ts';
import { PageHeader } from '../../ui/page-header.tsx';
import { QueryView } from '../../ui/states.tsx';
import { FirstRun } from './first-run.tsx';
import { Headline } from './headline.tsx';
import { NextRuns } from './next-runs.tsx';
import { RecentFailures, RunningJobs } from './recent-jobs.tsx';
import { Storage } from './storage.tsx';

export function OverviewPage() {
  const schedules = useQuery(schedulesQuery());
  return (
    <>
      <PageHeader title="Overview" />
      <PageSection hasBodyWrapper={false} className="bs-page">
        <QueryView query={schedules}>
          {({ items }) =>
            items.length === 0 ? (
              <FirstRun />
            ) : (
              <div className="bs-stack">
                <Headline schedules={items} />
                <RunningJobs />
                <div className="bs-columns">
                  <RecentFailures />
                  <NextRuns schedules={items} />
                  <Storage />
                </div>
              </div>
            )
          }
        </QueryView>
      </PageSection>
    </>
  );
}
