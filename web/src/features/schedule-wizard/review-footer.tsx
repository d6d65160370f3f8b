import type { Problem } from '@backstay/shared';
import { Alert, Button, useWizardContext, WizardFooterWrapper } from '@patternfly/react-core';
import { useState } from 'react';
import { usePlan } from './use-plan.ts';
import { useWizard } from './wizard-context.tsx';

const isError = ({ severity }: Problem): boolean => severity !== 'warning';

export function ReviewFooter({ onLeave }: { onLeave: () => void }) {
  const { draft, problems, plan } = usePlan();
  const { create } = useWizard();
  const { goToPrevStep } = useWizardContext();
  const [asked, setAsked] = useState(false);
  const busy = create.isPending;
  const ready = plan.data !== undefined && !plan.isFetching && ![...problems, ...plan.data.problems].some(isError);
  const start = () => {
    setAsked(true);
    if (ready) create.mutate(draft);
  };
  return (
    <WizardFooterWrapper>
      <div className="bs-wizard-footer">
        {asked && !ready && !busy ? (
          <Alert variant="warning" isInline isPlain isLiveRegion title="Something above has to be settled first." />
        ) : null}
        <div className="bs-wizard-footer__buttons">
          <Button variant="secondary" onClick={() => void goToPrevStep()} isDisabled={busy}>
            Back
          </Button>
          <Button onClick={start} isLoading={busy} isDisabled={busy} isAriaDisabled={!ready}>
            {busy ? 'Creating' : 'Create schedule'}
          </Button>
          <Button variant="link" onClick={onLeave} isDisabled={busy}>
            Discard
          </Button>
        </div>
      </div>
    </WizardFooterWrapper>
  );
}
