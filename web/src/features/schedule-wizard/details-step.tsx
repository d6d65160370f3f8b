import { Alert, Form } from '@patternfly/react-core';
import { ParameterField } from '../../ui/form/parameter-field.tsx';
import { Nothing } from '../../ui/states.tsx';
import { useValues, useWizard } from './wizard-context.tsx';

export function DetailsStep({ homeFolder }: { homeFolder: string | undefined }) {
  const { procedure } = useWizard();
  const { values, patch, problemAt, warningAt } = useValues();
  if (procedure === undefined) return <Nothing title="Choose what to protect first">Go back one step.</Nothing>;
  if (procedure.parameters.length === 0) {
    return <Nothing title="Nothing to fill in">This procedure has no parameters.</Nothing>;
  }
  const general = problemAt('') ?? problemAt('parameters');
  return (
    <Form className="bs-wizard-form" onSubmit={(event) => event.preventDefault()}>
      {general === undefined ? null : <Alert variant="danger" isInline title={general} />}
      {procedure.parameters.map((parameter) => {
        const field = `parameters.${parameter.name}`;
        const warning = warningAt(field);
        return (
          <div key={parameter.name}>
            <ParameterField
              parameter={parameter}
              value={values.parameters[parameter.name] ?? parameter.default ?? ''}
              onChange={(value) => patch({ parameters: { ...values.parameters, [parameter.name]: value } }, field)}
              problem={problemAt(field)}
              placeholder={
                parameter.type === 'path' && homeFolder !== undefined ? `${homeFolder}/documents` : undefined
              }
            />
            {warning === undefined ? null : <Alert variant="warning" isInline isPlain title={warning} />}
          </div>
        );
      })}
    </Form>
  );
}
