import { type RefObject, useEffect, useRef } from 'react';

/**
 * On a phone PatternFly's wizard shows its steps behind a button whose name hides the step that it shows. Without that name
 * the button is called what it says.
 */
export function useWizardToggleName(): RefObject<HTMLDivElement | null> {
  const wizard = useRef<HTMLDivElement>(null);
  useEffect(() => {
    wizard.current?.querySelector('.pf-v6-c-wizard__toggle')?.removeAttribute('aria-label');
  }, []);
  return wizard;
}
