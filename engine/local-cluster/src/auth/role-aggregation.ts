import type { KubeObject } from '@backstay/shared';
import { arrayAt, objectAt, sameJson } from '../json.ts';
import type { ObjectRegistry } from '../registry/object-registry.ts';
import { defaultClusterRoleBindings, defaultClusterRoles } from './default-roles.ts';

const roles = { group: 'rbac.authorization.k8s.io', version: 'v1', plural: 'clusterroles' };
const bindings = { ...roles, plural: 'clusterrolebindings' };

/** Makes the roles that every cluster has and keeps aggregated roles equal to the sum of what they select. */
export class RoleAggregation {
  readonly #registry: ObjectRegistry;
  readonly #stop: () => void;

  constructor(registry: ObjectRegistry) {
    this.#registry = registry;
    for (const role of defaultClusterRoles()) {
      if (!registry.get(roles, undefined, role.metadata.name)) registry.create(roles, role);
    }
    for (const binding of defaultClusterRoleBindings()) {
      if (!registry.get(bindings, undefined, binding.metadata.name)) registry.create(bindings, binding);
    }
    this.#aggregate();
    this.#stop = registry.subscribe(roles, () => this.#aggregate());
  }

  stop(): void {
    this.#stop();
  }

  /** A role that changes announces itself, so that chains of aggregation come to rest step by step. */
  #aggregate(): void {
    const all = this.#registry.list(roles).items;
    for (const role of all) {
      if (!objectAt(role, 'aggregationRule')) continue;
      const rules = all
        .filter((candidate) => candidate !== role && isSelected(role, candidate))
        .flatMap((candidate) => arrayAt(candidate, 'rules'));
      const unique = [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
      if (!sameJson(unique, arrayAt(role, 'rules'))) this.#registry.update(roles, { ...role, rules: unique });
    }
  }
}

const isSelected = (role: KubeObject, { metadata }: KubeObject): boolean =>
  arrayAt(role, 'aggregationRule', 'clusterRoleSelectors').some((selector) =>
    Object.entries(objectAt(selector, 'matchLabels') ?? {}).every(([key, value]) => metadata.labels?.[key] === value),
  );
