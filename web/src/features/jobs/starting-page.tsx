import { jobRoutes } from '@backstay/shared';
import { Alert, PageSection, Spinner } from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { call } from '../../lib/api.ts';
import { jobKeys } from '../../lib/queries/jobs.ts';
import { LinkButton } from '../../ui/links.tsx';
import { PageHeader } from '../../ui/page-header.tsx';

const page = getRouteApi('/shell/jobs/starting/$namespace/$action');
const askEvery = 700;
const unusualAfter = 20_000;

/** Waits for the Job that an action causes, then becomes its page. */
export function StartingPage() {
  const { namespace, action } = page.useParams();
  const navigate = useNavigate();
  const [slow, setSlow] = useState(false);
  const job = useQuery({
    queryKey: [...jobKeys.all, 'of-action', namespace, action] as const,
    queryFn: async ({ signal }) => {
      const { items } = await call(jobRoutes.listJobs, { query: { namespace, limit: 50 }, signal });
      return items.find((each) => each.action === action) ?? null;
    },
    refetchInterval: ({ state }) => (state.data ? false : askEvery),
    staleTime: 0,
  });
  const name = job.data?.name;
  useEffect(() => {
    if (name === undefined) return;
    void navigate({ to: '/jobs/$namespace/$name', params: { namespace, name }, replace: true });
  }, [name, namespace, navigate]);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), unusualAfter);
    return () => clearTimeout(timer);
  }, []);
  return (
    <>
      <PageHeader title="Starting" subtitle="The job was asked for. It appears as soon as the cluster has made it." />
      <PageSection hasBodyWrapper={false} className="bs-page">
        <div className="bs-stack">
          <Spinner aria-label="Waiting for the job" size="lg" />
          {slow ? (
            <Alert variant="warning" isInline title="This takes longer than usual">
              The request {action} is stored and will not be lost. Is the controller running? Events of the schedule may
              say more.{' '}
              <LinkButton to="/jobs" variant="link" isInline>
                Show all jobs
              </LinkButton>
            </Alert>
          ) : null}
        </div>
      </PageSection>
    </>
  );
}
