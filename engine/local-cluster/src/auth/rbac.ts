import { arrayAt, stringAt } from '../json.ts';
import type { ObjectRegistry } from '../registry/object-registry.ts';
import type { Attributes } from './attributes.ts';
import type { User } from './user.ts';

const resource = (plural: string) => ({ group: 'rbac.authorization.k8s.io', version: 'v1', plural });
const kinds = ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'] as const;

export interface Rule {
  verbs: string[];
  apiGroups: string[];
  resources: string[];
  resourceNames: string[];
  nonResourceURLs: string[];
}

interface Grant {
  /** Empty for the whole cluster. */
  namespace: string;
  rules: Rule[];
}

const strings = (value: unknown, member: string) => arrayAt(value, member).map(String);

export const ruleOf = (rule: unknown): Rule => ({
  verbs: strings(rule, 'verbs'),
  apiGroups: strings(rule, 'apiGroups'),
  resources: strings(rule, 'resources'),
  resourceNames: strings(rule, 'resourceNames'),
  nonResourceURLs: strings(rule, 'nonResourceURLs'),
});

/** Role-based access control over the roles and bindings of the registry. What is not granted is denied. */
export class Rbac {
  readonly #registry: ObjectRegistry;
  readonly #stops: (() => void)[];
  /** By subject; made anew after every change of a role or binding. */
  #grants: Map<string, Grant[]> | undefined;

  constructor(registry: ObjectRegistry) {
    this.#registry = registry;
    this.#stops = kinds.map((plural) =>
      registry.subscribe(resource(plural), () => {
        this.#grants = undefined;
      }),
    );
  }

  stop(): void {
    for (const stop of this.#stops) stop();
  }

  allows(attributes: Attributes): boolean {
    if (attributes.user.groups.includes('system:masters')) return true;
    const namespace = 'path' in attributes ? '' : attributes.namespace;
    return this.rulesFor(attributes.user, namespace).some((rule) => ruleAllows(rule, attributes));
  }

  /** What somebody may do in a namespace, or in the whole cluster when it is empty. */
  rulesFor(user: User, namespace: string): Rule[] {
    this.#grants ??= this.#collect();
    const subjects = [`User:${user.name}`, ...user.groups.map((group) => `Group:${group}`)];
    return subjects
      .flatMap((subject) => this.#grants?.get(subject) ?? [])
      .filter((grant) => grant.namespace === '' || grant.namespace === namespace)
      .flatMap((grant) => grant.rules);
  }

  #collect(): Map<string, Grant[]> {
    const grants = new Map<string, Grant[]>();
    for (const plural of ['clusterrolebindings', 'rolebindings']) {
      for (const binding of this.#registry.list(resource(plural)).items) {
        const namespace = binding.metadata.namespace ?? '';
        const grant = { namespace, rules: this.rulesOf(binding, namespace) };
        for (const subject of arrayAt(binding, 'subjects')) {
          const key = subjectKey(subject, namespace);
          grants.set(key, [...(grants.get(key) ?? []), grant]);
        }
      }
    }
    return grants;
  }

  /** What a binding gives. */
  rulesOf(binding: unknown, namespace: string): Rule[] {
    const name = stringAt(binding, 'roleRef', 'name') ?? '';
    const role =
      stringAt(binding, 'roleRef', 'kind') === 'Role'
        ? this.#registry.get(resource('roles'), namespace, name)
        : this.#registry.get(resource('clusterroles'), undefined, name);
    return arrayAt(role, 'rules').map(ruleOf);
  }
}

function subjectKey(subject: unknown, namespace: string): string {
  const kind = stringAt(subject, 'kind');
  const name = stringAt(subject, 'name') ?? '';
  if (kind !== 'ServiceAccount') return `${kind}:${name}`;
  return `User:system:serviceaccount:${stringAt(subject, 'namespace') ?? namespace}:${name}`;
}

const covers = (list: readonly string[], value: string) => list.includes('*') || list.includes(value);

export function ruleAllows(rule: Rule, attributes: Attributes): boolean {
  if (!covers(rule.verbs, attributes.verb)) return false;
  if ('path' in attributes) return rule.nonResourceURLs.some((pattern) => pathMatches(pattern, attributes.path));
  const { group, resource: plural, subresource, name } = attributes;
  const full = subresource === '' ? plural : `${plural}/${subresource}`;
  return (
    covers(rule.apiGroups, group) &&
    (covers(rule.resources, full) || (subresource !== '' && rule.resources.includes(`*/${subresource}`))) &&
    (rule.resourceNames.length === 0 || rule.resourceNames.includes(name))
  );
}

const pathMatches = (pattern: string, path: string): boolean =>
  pattern === '*' || pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1)));
