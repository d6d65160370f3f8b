import type { Problem, Procedure } from '@backstay/shared';
import { createContext, useContext } from 'react';
import { type UseFormReturn, useWatch } from 'react-hook-form';
import type { Create } from './use-create.ts';
import type { WizardValues } from './wizard-values.ts';

export interface WizardState {
  form: UseFormReturn<WizardValues>;
  procedures: readonly Procedure[];
  procedure: Procedure | undefined;
  problems: readonly Problem[];
  create: Create;
  /** Lays problems at their fields and moves to the first one on this step. */
  showProblems: (problems: readonly Problem[]) => void;
}

export const WizardStateContext = createContext<WizardState | undefined>(undefined);

export function useWizard(): WizardState {
  const state = useContext(WizardStateContext);
  if (state === undefined) throw new Error('useWizard needs the wizard around it.');
  return state;
}

/** All values, live; and a setter that also clears what was wrong with the field of the form. */
export function useValues() {
  const { form, problems, showProblems } = useWizard();
  const values = useWatch({ control: form.control }) as WizardValues;
  const patch = (next: Partial<WizardValues>, ...settled: string[]) => {
    for (const [name, value] of Object.entries(next)) {
      form.setValue(name as keyof WizardValues, value as WizardValues[keyof WizardValues], { shouldDirty: true });
    }
    if (problems.length > 0)
      showProblems(problems.filter(({ field }) => !settled.some((each) => field.startsWith(each))));
  };
  const problemAt = (field: string): string | undefined =>
    problems.find((problem) => problem.field === field && problem.severity !== 'warning')?.message;
  const warningAt = (field: string): string | undefined =>
    problems.find((problem) => problem.field === field && problem.severity === 'warning')?.message;
  return { values, patch, problemAt, warningAt };
}
