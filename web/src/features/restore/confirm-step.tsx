import { Alert, Form } from '@patternfly/react-core';
import { TextField } from '../../ui/form/field.tsx';
import { QueryView } from '../../ui/states.tsx';
import { PlanSteps } from './check-step.tsx';
import { useRestore } from './restore-state.ts';
import { useRestorePlan } from './use-restore-plan.ts';

export function ConfirmStep() {
  const { plan } = useRestorePlan();
  const { values, patch } = useRestore();
  return (
    <QueryView query={plan}>
      {({ steps, estimatedSeconds, confirmation, checks }) => (
        <Form className="bs-wizard-form" onSubmit={(event) => event.preventDefault()}>
          <PlanSteps steps={steps} estimatedSeconds={estimatedSeconds} />
          {checks.some(({ state }) => state === 'warning') ? (
            <Alert variant="warning" isInline title="Some checks gave a warning">
              {checks
                .filter(({ state }) => state === 'warning')
                .map(({ message }) => message)
                .join(' ')}
            </Alert>
          ) : null}
          {confirmation === undefined ? null : (
            <TextField
              name="confirmation"
              label={`Type ${confirmation} to confirm that it may be overwritten`}
              value={values.confirmation}
              onChange={(text) => patch({ confirmation: text })}
              required
            />
          )}
        </Form>
      )}
    </QueryView>
  );
}
