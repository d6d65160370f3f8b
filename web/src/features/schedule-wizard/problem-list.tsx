import type { Problem } from '@backstay/shared';
import { Alert, Button, useWizardContext } from '@patternfly/react-core';
import { focusField } from '../../ui/form/field.tsx';
import { useWizard } from './wizard-context.tsx';
import { stepOfField, stepTitles } from './wizard-values.ts';

const isError = ({ severity }: Problem): boolean => severity !== 'warning';

/** What stands in the way, each with the way to its step. */
export function ProblemList({ problems }: { problems: readonly Problem[] }) {
  const { showProblems } = useWizard();
  const { goToStepById } = useWizardContext();
  const visit = (problem: Problem) => {
    showProblems(problems);
    void goToStepById(stepOfField(problem.field));
    setTimeout(() => focusField([problem.field]), 100);
  };
  const groups = [
    { variant: 'danger', title: 'This has to be settled first', items: problems.filter(isError) },
    { variant: 'warning', title: 'Worth a look', items: problems.filter((problem) => !isError(problem)) },
  ] as const;
  return (
    <>
      {groups
        .filter(({ items }) => items.length > 0)
        .map(({ variant, title, items }) => (
          <Alert key={variant} variant={variant} isInline title={title} isLiveRegion>
            <ul className="bs-plain-list">
              {items.map((problem) => {
                const step = stepOfField(problem.field);
                return (
                  <li key={`${problem.field} ${problem.message}`}>
                    {step === 'review' ? null : (
                      <>
                        <Button variant="link" isInline onClick={() => visit(problem)}>
                          {stepTitles[step]}
                        </Button>
                        {': '}
                      </>
                    )}
                    {problem.message}
                  </li>
                );
              })}
            </ul>
          </Alert>
        ))}
    </>
  );
}
