import type { KubeObject } from '@backstay/shared';
import { at, ensureObject, objectAt, sameJson } from '../json.ts';
import { type Cause, invalidValue, requiredValue, unsupportedValue } from '../registry/api-error.ts';
import { age, containerColumns, selectorText } from './columns.ts';
import { defaultTemplate } from './jobs.ts';
import type { Column, Strategy } from './kind.ts';
import { validatePodSpec } from './pod-spec.ts';

const selectorColumn: Column = {
  name: 'Selector',
  type: 'string',
  priority: 1,
  cell: (object) => selectorText(at(object, 'spec', 'selector')),
};

function validateWorkload(object: KubeObject, old: KubeObject | undefined): Cause[] {
  const spec = objectAt(object, 'spec') ?? {};
  const causes: Cause[] = [];
  const selector = objectAt(spec, 'selector');
  const replicas = spec['replicas'];
  if (typeof replicas === 'number' && replicas < 0) {
    causes.push(invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0'));
  }
  if (!selector) causes.push(requiredValue('spec.selector'));
  else if (Object.keys(selector).length === 0) {
    causes.push(invalidValue('spec.selector', selector, 'empty selector is invalid for deployment'));
  } else causes.push(...unmatchedLabels(object));
  causes.push(...validatePodSpec(objectAt(spec, 'template', 'spec') ?? {}, 'spec.template.spec'));
  const policy = at(spec, 'template', 'spec', 'restartPolicy');
  if (policy !== 'Always') {
    causes.push(unsupportedValue('spec.template.spec.restartPolicy', policy, ['Always']));
  }
  if (old && !sameJson(at(old, 'spec', 'selector'), selector)) {
    causes.push(invalidValue('spec.selector', selector, 'field is immutable'));
  }
  return causes;
}

function unmatchedLabels(object: KubeObject): Cause[] {
  const wanted = objectAt(object, 'spec', 'selector', 'matchLabels') ?? {};
  const labels = objectAt(object, 'spec', 'template', 'metadata', 'labels') ?? {};
  return Object.entries(wanted).every(([key, value]) => labels[key] === value)
    ? []
    : [invalidValue('spec.template.metadata.labels', labels, '`selector` does not match template `labels`')];
}

export const deploymentStrategy: Strategy = {
  generation: true,
  defaultPropagation: 'Background',
  defaults(object) {
    const spec = ensureObject(object, 'spec');
    spec['replicas'] ??= 1;
    spec['revisionHistoryLimit'] ??= 10;
    spec['progressDeadlineSeconds'] ??= 600;
    const strategy = ensureObject(spec, 'strategy');
    strategy['type'] ??= 'RollingUpdate';
    if (strategy['type'] === 'RollingUpdate') {
      const rolling = ensureObject(strategy, 'rollingUpdate');
      rolling['maxUnavailable'] ??= '25%';
      rolling['maxSurge'] ??= '25%';
    }
    defaultTemplate(spec);
  },
  prepareCreate(object) {
    object['status'] = {};
  },
  validate: validateWorkload,
};

export const replicaSetStrategy: Strategy = {
  generation: true,
  defaultPropagation: 'Background',
  defaults(object) {
    const spec = ensureObject(object, 'spec');
    spec['replicas'] ??= 1;
    defaultTemplate(spec);
  },
  prepareCreate(object) {
    object['status'] = { replicas: 0 };
  },
  validate: validateWorkload,
};

const number = (name: string, ...path: string[]): Column => ({
  name,
  type: 'string',
  cell: (object) => Number(at(object, ...path) ?? 0),
});

export const deploymentColumns: Column[] = [
  {
    name: 'Ready',
    type: 'string',
    cell: (object) => `${at(object, 'status', 'readyReplicas') ?? 0}/${at(object, 'spec', 'replicas') ?? 0}`,
  },
  number('Up-to-date', 'status', 'updatedReplicas'),
  number('Available', 'status', 'availableReplicas'),
  age,
  ...containerColumns('spec', 'template', 'spec'),
  selectorColumn,
];

export const replicaSetColumns: Column[] = [
  number('Desired', 'spec', 'replicas'),
  number('Current', 'status', 'replicas'),
  number('Ready', 'status', 'readyReplicas'),
  age,
  ...containerColumns('spec', 'template', 'spec'),
  selectorColumn,
];
