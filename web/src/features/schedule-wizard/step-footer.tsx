import { type Problem, procedureRoutes, type ScheduleSummary } from '@backstay/shared';
import { useWizardContext } from '@patternfly/react-core';
import { useMutation } from '@tanstack/react-query';
import { call } from '../../lib/api.ts';
import { CheckingFooter } from '../../ui/checking-footer.tsx';
import { useWizard } from './wizard-context.tsx';
import { parametersOf, problemsOf, type StepName, stepOfField } from './wizard-values.ts';

interface Props {
  step: StepName;
  schedules: readonly ScheduleSummary[];
  onLeave: () => void;
}

const isError = ({ severity }: Problem): boolean => severity !== 'warning';

function useCheck(step: StepName, schedules: Props['schedules']) {
  const { form, procedure, showProblems } = useWizard();
  const { goToNextStep } = useWizardContext();
  const settle = (problems: readonly Problem[]) => {
    // Releases the focus of the text field that Enter was pressed in, so that the first problem may take it.
    (document.activeElement as HTMLElement | null)?.blur();
    showProblems(problems);
    if (!problems.some(isError)) void goToNextStep();
  };
  const server = useMutation({
    mutationFn: () => {
      const values = form.getValues();
      return call(procedureRoutes.checkProcedure, {
        body: {
          namespace: values.namespace,
          ...values.procedure,
          operation: 'backup',
          parameters: parametersOf(values, procedure?.parameters ?? []),
        },
      });
    },
    onSuccess: ({ problems }) => settle(problems),
  });
  const next = () => {
    const values = form.getValues();
    const problems = problemsOf(values, procedure).filter(({ field }) => stepOfField(field) === step);
    const taken = schedules.some(
      ({ namespace, name }) => namespace === values.namespace && name === values.name.trim(),
    );
    if (step === 'what' && taken)
      problems.push({ field: 'name', message: 'There is a schedule with this name already.' });
    if (problems.length > 0 || step !== 'details' || procedure?.checkable !== true) return settle(problems);
    showProblems([]);
    server.mutate();
  };
  return { next, server };
}

/** Next checks this step first: with the rules of the form, and for the details also on the server. */
export function StepFooter({ step, schedules, onLeave }: Props) {
  const { next, server } = useCheck(step, schedules);
  return <CheckingFooter check={server} onNext={next} onLeave={onLeave} />;
}
