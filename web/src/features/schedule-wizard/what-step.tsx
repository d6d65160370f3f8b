import type { Procedure, ScheduleSummary } from '@backstay/shared';
import { Card, CardBody, CardHeader, CardTitle, Form, FormGroup, Gallery } from '@patternfly/react-core';
import CubesIcon from '@patternfly/react-icons/dist/esm/icons/cubes-icon';
import DatabaseIcon from '@patternfly/react-icons/dist/esm/icons/database-icon';
import FolderIcon from '@patternfly/react-icons/dist/esm/icons/folder-icon';
import { fieldId, TextField } from '../../ui/form/field.tsx';
import { SelectField } from '../../ui/form/select-field.tsx';
import { freeName } from './free-name.ts';
import { useValues, useWizard } from './wizard-context.tsx';
import { sameProcedure } from './wizard-values.ts';

interface Props {
  namespaces: readonly string[];
  schedules: readonly ScheduleSummary[];
}

const icons = { files: <FolderIcon />, database: <DatabaseIcon />, custom: <CubesIcon /> };

export function WhatStep({ namespaces, schedules }: Props) {
  const { procedures } = useWizard();
  const { values, patch, problemAt } = useValues();
  const rename = (name: string) =>
    patch(
      {
        name,
        // The collection follows the name until it gets one of its own.
        ...(values.newCollection.name === values.name ? { newCollection: { ...values.newCollection, name } } : {}),
      },
      'name',
    );
  const choose = ({ kind, name }: Procedure) => {
    const untouched = values.name === '' || procedures.some((each) => values.name === freeName(each.name, schedules));
    patch({ procedure: { kind, name } }, 'procedure', 'parameters');
    if (untouched) rename(freeName(name, schedules));
  };
  const problem = problemAt('procedure.name');
  return (
    <Form className="bs-wizard-form bs-wizard-form--wide" onSubmit={(event) => event.preventDefault()}>
      <FormGroup role="radiogroup" label="What do you want to protect?" isRequired fieldId={fieldId('procedure.name')}>
        <Gallery hasGutter minWidths={{ default: '15rem' }}>
          {procedures.map((procedure) => (
            <ProcedureCard
              key={`${procedure.kind}/${procedure.name}`}
              procedure={procedure}
              chosen={sameProcedure(procedure, values.procedure)}
              onChoose={() => choose(procedure)}
            />
          ))}
        </Gallery>
        {problem === undefined ? null : (
          <p className="bs-danger" role="alert">
            {problem}
          </p>
        )}
      </FormGroup>
      <TextField
        name="name"
        label="Name of the schedule"
        value={values.name}
        onChange={rename}
        problem={problemAt('name')}
        help="Small letters, digits and dashes. It names the objects in the cluster and cannot be changed later."
        required
      />
      <SelectField
        name="namespace"
        label="Namespace"
        value={values.namespace}
        choices={namespaces.map((value) => ({ value }))}
        onChange={(namespace) => patch({ namespace }, 'namespace')}
        problem={problemAt('namespace')}
        help="Where the schedule, its key and its jobs live."
        required
      />
    </Form>
  );
}

interface CardProps {
  procedure: Procedure;
  chosen: boolean;
  onChoose: () => void;
}

function ProcedureCard({ procedure, chosen, onChoose }: CardProps) {
  const id = `procedure-${procedure.kind}-${procedure.name}`;
  return (
    <Card id={id} isSelectable isSelected={chosen} isCompact isFullHeight>
      <CardHeader
        selectableActions={{
          selectableActionId: `${id}-choice`,
          selectableActionAriaLabelledby: id,
          name: 'procedure',
          variant: 'single',
          isChecked: chosen,
          onChange: onChoose,
        }}
      >
        <CardTitle>
          <span className="bs-card-title">
            {icons[procedure.category]} {procedure.title}
          </span>
        </CardTitle>
      </CardHeader>
      <CardBody>{procedure.description}</CardBody>
    </Card>
  );
}
