import type { Problem, Procedure, ScheduleSummary } from '@backstay/shared';
import { Wizard, WizardStep } from '@patternfly/react-core';
import { useNavigate } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';
import { useWizardToggleName } from '../../ui/form/use-wizard-toggle-name.ts';
import { CheckStep } from './check-step.tsx';
import { ConfirmStep } from './confirm-step.tsx';
import { RestoreFooter, StartFooter } from './restore-footer.tsx';
import { keyOf, RestoreContext, type RestoreValues } from './restore-state.ts';
import { WhenStep } from './when-step.tsx';
import { WhereStep } from './where-step.tsx';
import { WhichStep } from './which-step.tsx';

interface Props {
  schedules: readonly ScheduleSummary[];
  procedures: readonly Procedure[];
  start: { namespace?: string | undefined; schedule?: string | undefined; version?: number | undefined };
}

function startValues({ schedules, start }: Props): RestoreValues {
  const asked = schedules.find(({ namespace, name }) => name === start.schedule && namespace === start.namespace);
  const withBackups = schedules.filter(({ newestVersion }) => newestVersion !== undefined);
  const only = withBackups.length === 1 ? withBackups[0] : undefined;
  const schedule = asked ?? only;
  return {
    schedule: schedule === undefined ? '' : keyOf(schedule),
    version: asked === undefined ? undefined : start.version,
    mode: 'in-place',
    parameters: {},
    confirmation: '',
  };
}

/** Who comes from a schedule or a backup has answered the first questions already. */
const firstStep = ({ start, schedules }: Props): number => {
  const known = schedules.some(({ namespace, name }) => name === start.schedule && namespace === start.namespace);
  return known ? 2 : 1;
};

export function RestoreWizard(props: Props) {
  const { schedules, procedures } = props;
  const navigate = useNavigate();
  const [values, setValues] = useState(() => startValues(props));
  const [problems, setProblems] = useState<readonly Problem[]>([]);
  const patch = useCallback((next: Partial<RestoreValues>) => setValues((before) => ({ ...before, ...next })), []);
  const schedule = schedules.find((each) => keyOf(each) === values.schedule);
  const procedure = procedures.find(
    ({ kind, name }) => kind === schedule?.procedure.kind && name === schedule.procedure.name,
  );
  const state = useMemo(
    () => ({ values, patch, schedules, schedule, procedure, problems, setProblems }),
    [values, patch, schedules, schedule, procedure, problems],
  );
  const wizard = useWizardToggleName();
  const leave = () => void navigate({ to: '/' });
  return (
    <RestoreContext value={state}>
      <div ref={wizard} className="bs-wizard-host">
        <Wizard
          isVisitRequired
          shouldFocusContent
          navAriaLabel="Steps"
          onClose={leave}
          className="bs-wizard"
          startIndex={firstStep(props)}
        >
          <WizardStep id="which" name="Which" footer={<RestoreFooter step="which" onLeave={leave} />}>
            <WhichStep />
          </WizardStep>
          <WizardStep id="when" name="When" footer={<RestoreFooter step="when" onLeave={leave} />}>
            <WhenStep />
          </WizardStep>
          <WizardStep id="where" name="Where" footer={<RestoreFooter step="where" onLeave={leave} />}>
            <WhereStep />
          </WizardStep>
          <WizardStep id="check" name="Check" footer={<RestoreFooter step="check" onLeave={leave} />}>
            <CheckStep />
          </WizardStep>
          <WizardStep id="confirm" name="Confirm" footer={<StartFooter onLeave={leave} />}>
            <ConfirmStep />
          </WizardStep>
        </Wizard>
      </div>
    </RestoreContext>
  );
}
