import type { KubeObject } from '@backstay/shared';
import { customKinds } from '../crds/custom-kind.ts';
import { builtInKinds } from '../kinds/built-in-kinds.ts';
import { apiVersionOf, type Kind } from '../kinds/kind.ts';
import type { ResourceId } from './registry.ts';

const idOf = ({ group, version, plural }: ResourceId) => `${group}/${version}/${plural}`;

/** Every served kind: Kubernetes' own and those that CustomResourceDefinitions add. */
export class KindTable {
  readonly #builtIn = new Map<string, Kind>(builtInKinds().map((kind) => [idOf(kind), kind]));
  readonly #custom = new Map<string, Kind[]>();
  #byId = new Map(this.#builtIn);
  /** Grows with every change; what is derived from the table is made anew then. */
  generation = 0;

  find(resource: ResourceId): Kind | undefined {
    return this.#byId.get(idOf(resource));
  }

  findByKind(apiVersion: string, kind: string): Kind | undefined {
    return this.all().find((candidate) => candidate.kind === kind && apiVersionOf(candidate) === apiVersion);
  }

  all(): Kind[] {
    return [...this.#byId.values()];
  }

  /** Serves what the definition says from now on. */
  setDefinition(crd: KubeObject): void {
    this.#custom.set(crd.metadata.name, customKinds(crd));
    this.#rebuild();
  }

  removeDefinition(name: string): void {
    if (this.#custom.delete(name)) this.#rebuild();
  }

  #rebuild(): void {
    this.#byId = new Map(this.#builtIn);
    for (const kind of [...this.#custom.values()].flat()) this.#byId.set(idOf(kind), kind);
    this.generation += 1;
  }
}
