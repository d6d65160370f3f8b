import type { Check } from '@backstay/shared';
import { Button, ExpandableSection } from '@patternfly/react-core';
import CheckCircleIcon from '@patternfly/react-icons/dist/esm/icons/check-circle-icon';
import ExclamationCircleIcon from '@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon';
import ExclamationTriangleIcon from '@patternfly/react-icons/dist/esm/icons/exclamation-triangle-icon';
import { formatDuration, withLocalTimes } from '../../lib/format.ts';
import { Loading, QueryView } from '../../ui/states.tsx';
import { YamlView } from '../../ui/yaml-view.tsx';
import { useRestorePlan } from './use-restore-plan.ts';

const looks = {
  ok: { icon: <CheckCircleIcon />, word: 'Passed' },
  warning: { icon: <ExclamationTriangleIcon />, word: 'Warning' },
  failed: { icon: <ExclamationCircleIcon />, word: 'Failed' },
} as const;

export function CheckStep() {
  const { plan } = useRestorePlan();
  return (
    <QueryView query={plan} loading={<Loading label="Running the checks" rows={5} />}>
      {({ checks, steps, manifest, estimatedSeconds }) => (
        <div className="bs-stack">
          <ul className="bs-checks" aria-label="Checks">
            {checks.map((check) => (
              <CheckLine key={check.id} check={check} />
            ))}
          </ul>
          <div>
            <Button variant="secondary" size="sm" onClick={() => void plan.refetch()} isLoading={plan.isFetching}>
              Check again
            </Button>
          </div>
          <PlanSteps steps={steps} estimatedSeconds={estimatedSeconds} />
          <ExpandableSection toggleText="The object that will be created, as YAML">
            <YamlView yaml={manifest} fileName="restore.yaml" label="RequestedBackupAction" />
          </ExpandableSection>
        </div>
      )}
    </QueryView>
  );
}

function CheckLine({ check }: { check: Check }) {
  const { icon, word } = looks[check.state];
  return (
    <li className={`bs-check bs-check--${check.state}`}>
      <span className="bs-check__icon" role="img" aria-label={word}>
        {icon}
      </span>
      <div>
        <strong>{check.title}</strong>
        <div>{check.message}</div>
        {check.advice === undefined ? null : <div className="bs-subtle">{check.advice}</div>}
      </div>
    </li>
  );
}

interface StepsProps {
  steps: readonly string[];
  estimatedSeconds: number | undefined;
}

export function PlanSteps({ steps, estimatedSeconds }: StepsProps) {
  return (
    <div>
      <h2 className="bs-subheading">What will happen</h2>
      <ol className="bs-steps">
        {steps.map((step) => (
          <li key={step}>{withLocalTimes(step)}</li>
        ))}
      </ol>
      <p className="bs-subtle">
        {estimatedSeconds === undefined
          ? 'How long it takes is not known yet: nothing of this schedule has been measured.'
          : `Estimated duration: ${formatDuration(estimatedSeconds)}.`}
      </p>
    </div>
  );
}
