import type { ScheduleDetail } from '@backstay/shared';
import { Alert, Form } from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { scheduleQuery } from '../../lib/queries/schedules.ts';
import { ParameterField } from '../../ui/form/parameter-field.tsx';
import { RadioChoices } from '../../ui/form/radio-choices.tsx';
import { QueryView } from '../../ui/states.tsx';
import { differing, useRestore } from './restore-state.ts';

export function WhereStep() {
  const { schedule } = useRestore();
  const detail = useQuery({
    ...scheduleQuery(schedule?.namespace ?? '', schedule?.name ?? ''),
    enabled: schedule !== undefined,
  });
  return <QueryView query={detail}>{(data) => <Choose detail={data} />}</QueryView>;
}

function Choose({ detail }: { detail: ScheduleDetail }) {
  const { values, patch, setProblems, procedure } = useRestore();
  const choose = (mode: 'in-place' | 'elsewhere') => {
    setProblems([]);
    patch({ mode, confirmation: '' });
  };
  return (
    <Form className="bs-wizard-form" onSubmit={(event) => event.preventDefault()}>
      <RadioChoices
        name="where"
        label="Where to restore"
        value={values.mode}
        onChange={choose}
        choices={[
          {
            value: 'in-place',
            label: 'In place',
            description: `Puts the data back where ${detail.name} takes it from. What is there now is overwritten.`,
          },
          {
            value: 'elsewhere',
            label: 'With other parameters',
            description: 'Another folder, host or database. What the schedule protects is left alone.',
            disabled: procedure === undefined || procedure.parameters.length === 0,
          },
        ]}
      />
      {values.mode === 'in-place' ? (
        <Alert variant="warning" isInline title="A restore in place overwrites">
          You will see exactly what in the next step, and have to type a name before anything happens.
        </Alert>
      ) : (
        <Elsewhere detail={detail} />
      )}
    </Form>
  );
}

function Elsewhere({ detail }: { detail: ScheduleDetail }) {
  const { values, patch, procedure, problems, setProblems } = useRestore();
  const change = (name: string, value: string) => {
    patch({ parameters: differing({ ...values.parameters, [name]: value }, detail.parameters), confirmation: '' });
    setProblems(problems.filter(({ field }) => field !== '' && field !== `parameters.${name}`));
  };
  return (
    <>
      <p className="bs-subtle">Change what should differ. Everything else is as in the schedule.</p>
      {(procedure?.parameters ?? []).map((parameter) => (
        <ParameterField
          key={parameter.name}
          parameter={parameter}
          value={values.parameters[parameter.name] ?? detail.parameters[parameter.name] ?? ''}
          onChange={(value) => change(parameter.name, value)}
          kept={detail.secretParameters.includes(parameter.name)}
          problem={problems.find(({ field }) => field === `parameters.${parameter.name}`)?.message}
        />
      ))}
    </>
  );
}
