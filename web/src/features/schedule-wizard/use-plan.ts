import { scheduleRoutes } from '@backstay/shared';
import { useQuery } from '@tanstack/react-query';
import { call } from '../../lib/api.ts';
import { useValues, useWizard } from './wizard-context.tsx';
import { problemsOf, toForm } from './wizard-values.ts';

/** The plan of the server for what stands in the form. Not cached: the form holds secrets, and a cluster changes. */
export function usePlan() {
  const { procedure } = useWizard();
  const { values } = useValues();
  const problems = problemsOf(values, procedure);
  const draft = {
    form: toForm(values, procedure),
    ...(values.manifest === '' ? {} : { manifest: values.manifest }),
  };
  const plan = useQuery({
    queryKey: ['plan', draft] as const,
    queryFn: ({ signal }) => call(scheduleRoutes.planSchedule, { body: draft, signal }),
    enabled: problems.length === 0,
    gcTime: 0,
    staleTime: 0,
    refetchOnWindowFocus: false,
  });
  return { draft, problems, plan };
}
