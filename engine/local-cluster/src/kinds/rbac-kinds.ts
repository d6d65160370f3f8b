import { arrayAt, at, isObject, objectAt, sameJson, stringAt } from '../json.ts';
import { type Cause, invalidValue, requiredValue, unsupportedValue } from '../registry/api-error.ts';
import { age } from './columns.ts';
import type { Column, Strategy } from './kind.ts';
import { pathSegment } from './names.ts';

const rbacGroup = 'rbac.authorization.k8s.io';

export const roleStrategy: Strategy = {
  validateName: pathSegment,
  defaults(object) {
    if (object['aggregationRule'] === undefined) object['rules'] ??= [];
  },
  validate: (object) =>
    arrayAt(object, 'rules').flatMap((rule, index) => {
      const field = `rules[${index}]`;
      if (arrayAt(rule, 'verbs').length === 0)
        return [requiredValue(`${field}.verbs`, 'verbs must contain at least one value')];
      if (arrayAt(rule, 'nonResourceURLs').length > 0) return [];
      const causes: Cause[] = [];
      if (arrayAt(rule, 'apiGroups').length === 0) {
        causes.push(requiredValue(`${field}.apiGroups`, 'resource rules must supply at least one api group'));
      }
      if (arrayAt(rule, 'resources').length === 0) {
        causes.push(requiredValue(`${field}.resources`, 'resource rules must supply at least one resource'));
      }
      return causes;
    }),
};

const subjectKinds = ['Group', 'ServiceAccount', 'User'];

export const bindingStrategy: Strategy = {
  validateName: pathSegment,
  defaults(object) {
    const role = objectAt(object, 'roleRef');
    if (role) role['apiGroup'] ||= rbacGroup;
    for (const subject of arrayAt(object, 'subjects')) {
      if (isObject(subject) && subject['kind'] !== 'ServiceAccount') subject['apiGroup'] ??= rbacGroup;
    }
  },
  validate(object, old) {
    const causes: Cause[] = [];
    const kind = stringAt(object, 'roleRef', 'kind') ?? '';
    const allowed = object.kind === 'ClusterRoleBinding' ? ['ClusterRole'] : ['ClusterRole', 'Role'];
    if (!allowed.includes(kind)) causes.push(unsupportedValue('roleRef.kind', kind, allowed));
    if (!at(object, 'roleRef', 'name')) causes.push(requiredValue('roleRef.name'));
    for (const [index, subject] of arrayAt(object, 'subjects').entries()) {
      if (!at(subject, 'name')) causes.push(requiredValue(`subjects[${index}].name`));
      const subjectKind = stringAt(subject, 'kind') ?? '';
      if (!subjectKinds.includes(subjectKind)) {
        causes.push(unsupportedValue(`subjects[${index}].kind`, subjectKind, subjectKinds));
      }
      if (subjectKind === 'ServiceAccount' && object.kind === 'ClusterRoleBinding' && !at(subject, 'namespace')) {
        causes.push(requiredValue(`subjects[${index}].namespace`));
      }
    }
    if (old && !sameJson(object['roleRef'], old['roleRef'])) {
      causes.push(invalidValue('roleRef', object['roleRef'], 'cannot change roleRef'));
    }
    return causes;
  },
};

export const roleColumns: Column[] = [
  {
    name: 'Created At',
    type: 'date',
    cell: (object) => object.metadata.creationTimestamp,
  },
];

export const bindingColumns: Column[] = [
  {
    name: 'Role',
    type: 'string',
    cell: (object) => `${stringAt(object, 'roleRef', 'kind')}/${stringAt(object, 'roleRef', 'name')}`,
  },
  age,
  ...(['User', 'Group', 'ServiceAccount'] as const).map(
    (kind): Column => ({
      name: `${kind}s`,
      type: 'string',
      priority: 1,
      cell: (object) =>
        arrayAt(object, 'subjects')
          .filter((subject) => stringAt(subject, 'kind') === kind)
          .map((subject) =>
            kind === 'ServiceAccount'
              ? `${stringAt(subject, 'namespace') ?? ''}/${stringAt(subject, 'name')}`
              : stringAt(subject, 'name'),
          )
          .join(', '),
    }),
  ),
];
