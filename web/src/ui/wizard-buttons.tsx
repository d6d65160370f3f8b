import { Button } from '@patternfly/react-core';

interface Props {
  isFirst: boolean;
  /** True while Next asks the server. */
  checking: boolean;
  onBack: () => void;
  onNext: () => void;
  onLeave: () => void;
}

/** The buttons below each step of a wizard but its last. */
export function WizardButtons({ isFirst, checking, onBack, onNext, onLeave }: Props) {
  return (
    <div className="bs-wizard-footer__buttons">
      <Button variant="secondary" onClick={onBack} isDisabled={isFirst}>
        Back
      </Button>
      <Button onClick={onNext} isLoading={checking} isDisabled={checking}>
        {checking ? 'Checking' : 'Next'}
      </Button>
      <Button variant="link" onClick={onLeave}>
        Discard
      </Button>
    </div>
  );
}
