import type { KubeObject } from '@backstay/shared';
import { arrayAt, stringAt } from '../json.ts';
import type { Kind } from '../kinds/kind.ts';
import { forbidden, resourceName } from '../registry/api-error.ts';
import type { Attributes } from './attributes.ts';
import { type Rbac, type Rule, ruleAllows, ruleOf } from './rbac.ts';
import type { User } from './user.ts';

const rbacGroup = 'rbac.authorization.k8s.io';

/**
 * Nobody grants what they do not hold: a role may carry, and a binding may give, only rights of its author, unless the author
 * may `escalate` roles or `bind` that role. ApiError 403.
 */
export function refuseEscalation(rbac: Rbac, user: User, { kind, object }: { kind: Kind; object: KubeObject }): void {
  if (kind.group !== rbacGroup || user.groups.includes('system:masters')) return;
  const namespace = object.metadata.namespace ?? '';
  const binding = kind.plural.endsWith('bindings');
  const granted = binding ? rbac.rulesOf(object, namespace) : rulesIn(object);
  const about = binding ? boundRole(object) : { resource: kind.plural, name: object.metadata.name };
  const verb = binding ? 'bind' : 'escalate';
  if (rbac.allows({ user, verb, group: rbacGroup, subresource: '', namespace, ...about })) return;
  const held = rbac.rulesFor(user, namespace);
  if (granted.every((rule) => singleRights(rule).every((right) => covered(held, { right, user, namespace })))) return;
  throw forbidden(
    kind,
    object.metadata.name,
    `user ${JSON.stringify(user.name)} (groups=${JSON.stringify(user.groups)}) is attempting to grant RBAC permissions not currently held in ${resourceName(kind)}`,
  );
}

/** What a role may carry. One that collects the rules of others may come to carry anything. */
function rulesIn(role: KubeObject): Rule[] {
  const all = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] };
  const rules = arrayAt(role, 'rules').map(ruleOf);
  return role['aggregationRule'] === undefined ? rules : [...rules, ruleOf(all)];
}

const boundRole = (object: KubeObject) => ({
  resource: stringAt(object, 'roleRef', 'kind') === 'Role' ? 'roles' : 'clusterroles',
  name: stringAt(object, 'roleRef', 'name') ?? '',
});

type Right = { verb: string; path: string } | { verb: string; group: string; resource: string; name: string };

/** A rule taken apart into rights of one verb on one thing. */
function singleRights(rule: Rule): Right[] {
  const names = rule.resourceNames.length > 0 ? rule.resourceNames : [''];
  return rule.verbs.flatMap((verb) => [
    ...rule.nonResourceURLs.map((path) => ({ verb, path })),
    ...rule.apiGroups.flatMap((group) =>
      rule.resources.flatMap((resource) => names.map((name) => ({ verb, group, resource, name }))),
    ),
  ]);
}

function covered(
  held: readonly Rule[],
  { right, user, namespace }: { right: Right; user: User; namespace: string },
): boolean {
  const attributes: Attributes =
    'path' in right ? { user, ...right } : { user, ...right, ...splitResource(right.resource), namespace };
  return held.some((rule) => ruleAllows(rule, attributes));
}

function splitResource(full: string): { resource: string; subresource: string } {
  const [resource = '', subresource = ''] = full.split('/');
  return { resource, subresource };
}
