import { Alert, AlertActionLink, Button, useWizardContext, WizardFooterWrapper } from '@patternfly/react-core';
import type { ReactNode } from 'react';
import { messageOf } from '../lib/api-error.ts';

interface Props {
  /** What Next asks the server. */
  check: { readonly error: unknown; readonly isPending: boolean; reset(): void };
  onNext: () => void;
  onLeave: () => void;
  children?: ReactNode;
}

/** Below each step of a wizard but its last. A check that does not work itself holds nobody up. */
export function CheckingFooter({ check, onNext, onLeave, children }: Props) {
  const { goToPrevStep, goToNextStep, activeStep } = useWizardContext();
  const goOn = () => {
    check.reset();
    void goToNextStep();
  };
  return (
    <WizardFooterWrapper>
      <div className="bs-wizard-footer">
        {children}
        {check.error === null ? null : (
          <Alert
            variant="warning"
            isInline
            title="The check itself did not work"
            actionLinks={<AlertActionLink onClick={goOn}>Go on without the check</AlertActionLink>}
          >
            {messageOf(check.error)}
          </Alert>
        )}
        <div className="bs-wizard-footer__buttons">
          <Button variant="secondary" onClick={() => void goToPrevStep()} isDisabled={activeStep.index === 1}>
            Back
          </Button>
          <Button onClick={onNext} isLoading={check.isPending} isDisabled={check.isPending}>
            {check.isPending ? 'Checking' : 'Next'}
          </Button>
          <Button variant="link" onClick={onLeave}>
            Discard
          </Button>
        </div>
      </div>
    </WizardFooterWrapper>
  );
}
