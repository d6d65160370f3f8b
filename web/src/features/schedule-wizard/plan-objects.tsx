import type { Plan, Problem } from '@backstay/shared';
import { Button, ExpandableSection } from '@patternfly/react-core';
import { useState } from 'react';
import { Tag } from '../../ui/tag.tsx';
import { YamlView } from '../../ui/yaml-view.tsx';
import { ManifestEditor } from './manifest-editor.tsx';
import { useValues } from './wizard-context.tsx';

type Planned = Plan['objects'][number];

const changes = {
  create: { text: 'new', color: 'green' },
  update: { text: 'changed', color: 'orange' },
  unchanged: { text: 'as it is', color: 'grey' },
} as const;

/** The objects that will be applied. The ScheduledBackup may be edited by hand. */
export function PlanObjects({ plan, problems }: { plan: Plan | undefined; problems: readonly Problem[] }) {
  const { values } = useValues();
  const [editing, setEditing] = useState(values.manifest !== '');
  const scheduled = plan?.objects.find(({ kind }) => kind === 'ScheduledBackup');
  const others = plan?.objects.filter((object) => object !== scheduled) ?? [];
  return (
    <div className="bs-stack bs-stack--tight">
      {editing ? (
        <ManifestEditor
          original={scheduled?.yaml ?? values.manifest}
          problems={problems}
          onDone={() => setEditing(false)}
        />
      ) : null}
      {scheduled === undefined || editing ? null : (
        <PlannedObject object={scheduled} initiallyOpen onEdit={() => setEditing(true)} />
      )}
      {others.map((object) => (
        <PlannedObject key={`${object.kind}/${object.namespace}/${object.name}`} object={object} />
      ))}
    </div>
  );
}

interface ObjectProps {
  object: Planned;
  initiallyOpen?: boolean;
  onEdit?: () => void;
}

function PlannedObject({ object, initiallyOpen = false, onEdit }: ObjectProps) {
  const [open, setOpen] = useState(initiallyOpen);
  const { text, color } = changes[object.change];
  return (
    <ExpandableSection
      displaySize="default"
      isExpanded={open}
      onToggle={(_, next) => setOpen(next)}
      toggleContent={
        <span className="bs-object">
          <strong>{object.kind}</strong> {object.name}
          {object.namespace === undefined ? null : <span className="bs-subtle"> in {object.namespace}</span>}{' '}
          <Tag color={color}>{text}</Tag>
        </span>
      }
    >
      {onEdit === undefined ? null : (
        <Button variant="link" isInline onClick={onEdit} className="bs-gap-below">
          Edit this YAML
        </Button>
      )}
      <YamlView yaml={object.yaml} fileName={`${object.name}.yaml`} label={`${object.kind} ${object.name}`} />
    </ExpandableSection>
  );
}
