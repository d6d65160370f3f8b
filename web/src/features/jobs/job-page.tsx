import { type JobDetail, jobRoutes, scheduleRoutes } from '@backstay/shared';
import { BreadcrumbItem, Button, PageSection } from '@patternfly/react-core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { call } from '../../lib/api.ts';
import { jobKeys, jobQuery } from '../../lib/queries/jobs.ts';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { JobStateLabel } from '../../ui/state-label.tsx';
import { QueryView } from '../../ui/states.tsx';
import { useToasts } from '../../ui/toasts.tsx';
import { JobBody } from './job-body.tsx';

const page = getRouteApi('/shell/jobs/$namespace/$name');
/** Progress and phases are not in the live events: they are asked for while the job runs. */
const askEvery = 2000;
const isActive = (job: JobDetail): boolean => job.state === 'pending' || job.state === 'running';

export function JobPage() {
  const { namespace, name } = page.useParams();
  const job = useQuery({
    ...jobQuery(namespace, name),
    refetchInterval: ({ state }) => (state.data !== undefined && isActive(state.data) ? askEvery : false),
  });
  return (
    <>
      <Header name={name} job={job.data} />
      <PageSection hasBodyWrapper={false} className="bs-page">
        <QueryView query={job}>{(data) => <JobBody job={data} />}</QueryView>
      </PageSection>
    </>
  );
}

const titleOf = (job: JobDetail | undefined, name: string): string => {
  if (job === undefined) return name;
  return `${job.operation === 'restore' ? 'Restore' : 'Backup'} of ${job.schedule}`;
};

function Header({ name, job }: { name: string; job: JobDetail | undefined }) {
  return (
    <PageHeader
      title={titleOf(job, name)}
      crumbs={
        <>
          <BreadcrumbItem
            render={({ className }) => (
              <Link to="/jobs" className={className}>
                Jobs
              </Link>
            )}
          />
          <BreadcrumbItem isActive>{name}</BreadcrumbItem>
        </>
      }
      badge={job === undefined ? null : <JobStateLabel state={job.state} />}
      actions={job === undefined ? null : isActive(job) ? <Cancel job={job} /> : <Again job={job} />}
    />
  );
}

function Cancel({ job }: { job: JobDetail }) {
  const [open, setOpen] = useState(false);
  const client = useQueryClient();
  const toasts = useToasts();
  const { namespace, name } = job;
  const cancel = useMutation({
    mutationFn: () => call(jobRoutes.cancelJob, { params: { namespace, name } }),
    onSuccess: async () => {
      setOpen(false);
      toasts.succeed('The job is being cancelled');
      await client.invalidateQueries({ queryKey: jobKeys.detail(namespace, name) });
    },
  });
  const close = () => {
    setOpen(false);
    cancel.reset();
  };
  return (
    <>
      <Button variant="secondary" isDanger onClick={() => setOpen(true)}>
        Cancel
      </Button>
      {open ? (
        <ConfirmDialog
          title={`Cancel this ${job.operation}?`}
          action={`Cancel the ${job.operation}`}
          busy={cancel.isPending}
          error={cancel.error}
          onConfirm={() => cancel.mutate()}
          onClose={close}
        >
          {job.operation === 'backup' ? (
            <p>What was uploaded so far is thrown away and no backup is stored. Earlier backups stay as they are.</p>
          ) : (
            <p>
              What was written so far stays where it is: the target may be left half restored. Restore again to bring it
              into a known state.
            </p>
          )}
        </ConfirmDialog>
      ) : null}
    </>
  );
}

/** A backup runs again at once; a restore goes through its wizard, which checks and asks first. */
function Again({ job }: { job: JobDetail }) {
  const navigate = useNavigate();
  const toasts = useToasts();
  const { namespace, schedule } = job;
  const run = useMutation({
    mutationFn: () => call(scheduleRoutes.runSchedule, { params: { namespace, name: schedule } }),
    onSuccess: ({ action }) =>
      navigate({ to: '/jobs/starting/$namespace/$action', params: { namespace, action: action.name } }),
    onError: (error) => toasts.fail('The backup was not started', error),
  });
  const again = () => {
    if (job.operation === 'backup') return run.mutate();
    void navigate({ to: '/restore', search: { namespace, schedule, version: job.version } });
  };
  return (
    <Button variant="secondary" onClick={again} isLoading={run.isPending} isDisabled={run.isPending}>
      {job.operation === 'backup' ? 'Run again' : 'Restore again'}
    </Button>
  );
}
