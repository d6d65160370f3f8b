import { restoreRoutes } from '@backstay/shared';
import { useQuery } from '@tanstack/react-query';
import { call } from '../../lib/api.ts';
import { versionsQuery } from '../../lib/queries/backups.ts';
import { toRestoreForm, useRestore } from './restore-state.ts';

/** Versions of the chosen schedule's collection, newest first. */
export function useVersions() {
  const { schedule } = useRestore();
  return useQuery({ ...versionsQuery(schedule?.collection ?? ''), enabled: schedule !== undefined });
}

/** The checks and the plan of the server for what was chosen. Asked for anew each time: a target changes. */
export function useRestorePlan() {
  const { values } = useRestore();
  const versions = useVersions();
  const form = toRestoreForm(values, versions.data?.items[0]?.number);
  const plan = useQuery({
    queryKey: ['restore-plan', form] as const,
    queryFn: ({ signal }) => {
      if (form === undefined) throw new Error('The plan is asked for only once everything is chosen.');
      return call(restoreRoutes.planRestore, { body: form, signal });
    },
    enabled: form !== undefined,
    gcTime: 0,
    staleTime: 10_000,
    refetchOnWindowFocus: false,
  });
  return { form, plan };
}
