import type { KubeObject } from '@backstay/shared';
import { arrayAt, at, ensureObject, isObject, type JsonObject, objectAt, stringAt } from '../json.ts';
import { type Cause, invalidValue, requiredValue, unsupportedValue } from '../registry/api-error.ts';
import { structuralCauses } from '../schema/structural.ts';
import type { Column, Strategy } from './kind.ts';
import { dnsLabel, dnsSubdomain } from './names.ts';

const now = () => new Date().toISOString().replace(/\.\d+Z$/, 'Z');

export const crdStrategy: Strategy = {
  generation: true,
  defaults(object) {
    const spec = ensureObject(object, 'spec');
    const names = ensureObject(spec, 'names');
    const kind = stringAt(names, 'kind') ?? '';
    names['singular'] ??= kind.toLowerCase();
    names['listKind'] ??= `${kind}List`;
    ensureObject(spec, 'conversion')['strategy'] ??= 'None';
  },
  prepareCreate(object) {
    object['status'] = {
      conditions: [],
      acceptedNames: { kind: '', plural: '' },
      storedVersions: storageVersions(object),
    };
  },
  prepareUpdate(object, old) {
    const status = { ...objectAt(old, 'status') };
    const known = arrayAt(status, 'storedVersions');
    status['storedVersions'] = [...known, ...storageVersions(object).filter((name) => !known.includes(name))];
    object['status'] = status;
  },
  validate: validateDefinition,
};

const versionsOf = (object: KubeObject): JsonObject[] => arrayAt(object, 'spec', 'versions').filter(isObject);

const storageVersions = (object: KubeObject): unknown[] =>
  versionsOf(object)
    .filter((version) => version['storage'] === true)
    .map((version) => version['name']);

function validateDefinition(object: KubeObject, old?: KubeObject): Cause[] {
  const spec = objectAt(object, 'spec') ?? {};
  const group = stringAt(spec, 'group') ?? '';
  const plural = stringAt(spec, 'names', 'plural') ?? '';
  const causes: Cause[] = [];
  if (object.metadata.name !== `${plural}.${group}`) {
    causes.push(invalidValue('metadata.name', object.metadata.name, 'must be spec.names.plural+"."+spec.group'));
  }
  const wrongGroup = group === '' ? undefined : dnsSubdomain(group);
  if (group === '') causes.push(requiredValue('spec.group'));
  else if (wrongGroup) causes.push(invalidValue('spec.group', group, wrongGroup));
  else if (!group.includes('.'))
    causes.push(invalidValue('spec.group', group, 'should be a domain with at least one dot'));
  if (!['Namespaced', 'Cluster'].includes(String(spec['scope']))) {
    causes.push(unsupportedValue('spec.scope', spec['scope'] ?? '', ['Cluster', 'Namespaced']));
  }
  causes.push(...validateNames(spec), ...validateVersions(object));
  if (old && stringAt(old, 'spec', 'scope') !== spec['scope']) {
    causes.push(invalidValue('spec.scope', spec['scope'], 'field is immutable'));
  }
  return causes;
}

function validateNames(spec: JsonObject): Cause[] {
  return ['plural', 'singular', 'kind', 'listKind'].flatMap((member) => {
    const value = stringAt(spec, 'names', member) ?? '';
    if (value === '') return [requiredValue(`spec.names.${member}`)];
    const wrong = dnsLabel(value.toLowerCase());
    return wrong ? [invalidValue(`spec.names.${member}`, value, wrong)] : [];
  });
}

function validateVersions(object: KubeObject): Cause[] {
  const versions = versionsOf(object);
  const causes: Cause[] = [];
  if (storageVersions(object).length !== 1) {
    causes.push(invalidValue('spec.versions', versions, 'must have exactly one version marked as storage version'));
  }
  for (const [index, version] of versions.entries()) {
    const field = `spec.versions[${index}]`;
    const wrong = dnsLabel(String(version['name'] ?? ''));
    if (wrong) causes.push(invalidValue(`${field}.name`, version['name'], wrong));
    const schema = objectAt(version, 'schema', 'openAPIV3Schema');
    if (!schema) causes.push(requiredValue(`${field}.schema.openAPIV3Schema`, 'schemas are required'));
    else causes.push(...structuralCauses(schema, `${field}.schema.openAPIV3Schema`));
  }
  return causes;
}

/** Establishes a definition: its names accepted, its instances served. Undefined when it already says so. */
export function established(object: KubeObject): KubeObject | undefined {
  const conditions = arrayAt(object, 'status', 'conditions');
  const isTrue = (type: string) =>
    conditions.some((condition) => at(condition, 'type') === type && at(condition, 'status') === 'True');
  const names = objectAt(object, 'spec', 'names') ?? {};
  if (isTrue('Established') && JSON.stringify(at(object, 'status', 'acceptedNames')) === JSON.stringify(names)) {
    return undefined;
  }
  const condition = (type: string, reason: string, message: string) => ({
    type,
    status: 'True',
    lastTransitionTime: now(),
    reason,
    message,
  });
  return {
    ...object,
    status: {
      ...objectAt(object, 'status'),
      acceptedNames: names,
      conditions: [
        condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
        condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
      ],
    },
  };
}

export const crdColumns: Column[] = [
  { name: 'Created At', type: 'date', cell: (object) => object.metadata.creationTimestamp },
];
