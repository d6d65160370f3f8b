import type { Plan, Problem } from '@backstay/shared';
import { Alert, Switch } from '@patternfly/react-core';
import { ApiError } from '../../lib/api-error.ts';
import { Failure, Loading } from '../../ui/states.tsx';
import { PlanObjects } from './plan-objects.tsx';
import { ProblemList } from './problem-list.tsx';
import { usePlan } from './use-plan.ts';
import { useValues, useWizard } from './wizard-context.tsx';

const isError = ({ severity }: Problem): boolean => severity !== 'warning';

export function ReviewStep() {
  const { problems, plan } = usePlan();
  const { create } = useWizard();
  const { values, patch } = useValues();
  const refused = create.error instanceof ApiError ? create.error.problems : [];
  const known = [...problems, ...(plan.data?.problems ?? []), ...refused];
  // A refused draft is shown as problems of the form, not as a failed request.
  const planProblems = plan.error instanceof ApiError ? plan.error.problems : [];
  const all = [...known, ...planProblems];
  return (
    <div className="bs-stack bs-review">
      <ProblemList problems={all} />
      {create.error !== null && refused.length === 0 ? (
        <Alert variant="danger" isInline title="Nothing was created">
          {create.error instanceof ApiError ? create.error.message : 'Something unexpected happened. Try again.'} What
          you typed is still here.
        </Alert>
      ) : null}
      <PlanAnswer plan={plan} problems={all} enabled={problems.length === 0} />
      <Switch
        id="run-now"
        label="Run the first backup now"
        isChecked={values.runNow}
        onChange={(_, runNow) => patch({ runNow })}
      />
      {plan.data === undefined && values.manifest === '' ? null : <PlanObjects plan={plan.data} problems={all} />}
    </div>
  );
}

interface PlanQuery {
  data: Plan | undefined;
  error: Error | null;
  isFetching: boolean;
  refetch: () => unknown;
}

function PlanAnswer({ plan, problems, enabled }: { plan: PlanQuery; problems: readonly Problem[]; enabled: boolean }) {
  if (!enabled) return null;
  if (plan.isFetching && plan.data === undefined) return <Loading label="Asking the cluster for a dry run" rows={4} />;
  if (plan.error !== null && problems.length === 0) {
    return <Failure error={plan.error} retry={() => void plan.refetch()} title="The dry run did not work" />;
  }
  if (plan.data === undefined || problems.some(isError)) return null;
  const created = plan.data.objects.filter(({ change }) => change === 'create').length;
  const updated = plan.data.objects.filter(({ change }) => change === 'update').length;
  const parts = [
    created > 0 ? `${created} objects will be created` : '',
    updated > 0 ? `${updated} will be changed` : '',
  ];
  return (
    <Alert variant="success" isInline title="The cluster accepts this">
      A dry run with your rights went through. {parts.filter(Boolean).join(', ')}; nothing has been changed yet.
    </Alert>
  );
}
