import { PageSection } from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { schedulesQuery } from '../../lib/queries/schedules.ts';
import { PageHeader } from '../../ui/page-header.tsx';
import { Loading, QueryView } from '../../ui/states.tsx';
import { Headline } from './headline.tsx';
import { NextRuns } from './next-runs.tsx';
import { RecentFailures, RunningJobs } from './recent-jobs.tsx';
import { Storage } from './storage.tsx';

const FirstRun = lazy(() => import('./first-run.tsx').then((module) => ({ default: module.FirstRun })));

export function OverviewPage() {
  const schedules = useQuery(schedulesQuery());
  return (
    <>
      <PageHeader title="Overview" />
      <PageSection hasBodyWrapper={false} className="bs-page">
        <QueryView query={schedules}>
          {({ items }) =>
            items.length === 0 ? (
              <Suspense fallback={<Loading />}>
                <FirstRun />
              </Suspense>
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
