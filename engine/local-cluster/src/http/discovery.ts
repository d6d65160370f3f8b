import { createHash } from 'node:crypto';
import type { Kind } from '../kinds/kind.ts';
import { apiVersionOf } from '../kinds/kind.ts';
import type { KindTable } from '../registry/kind-table.ts';
import { reviewKinds } from './review-kinds.ts';

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** The answers to /api, /apis and their versions, from the kinds that are served. */
export class Discovery {
  readonly #kinds: KindTable;

  constructor(kinds: KindTable) {
    this.#kinds = kinds;
  }

  coreVersions(address: string) {
    return {
      kind: 'APIVersions',
      versions: ['v1'],
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
    };
  }

  groupList() {
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: this.#groups().map(groupOf) };
  }

  group(name: string) {
    const found = this.#groups().find((group) => group.name === name);
    return found ? { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(found) } : undefined;
  }

  /** APIResourceList of one version; undefined when it is not served. */
  resources(group: string, version: string) {
    const kinds = this.#kinds.all().filter((kind) => kind.group === group && kind.version === version);
    const reviews = reviewKinds.filter((review) => review.group === group && review.version === version);
    if (kinds.length === 0 && reviews.length === 0) return undefined;
    const groupVersion = apiVersionOf({ group, version });
    const resources = [
      ...kinds.flatMap(resourcesOf),
      ...reviews.map(({ plural, kind, namespaced }) => ({
        name: plural,
        singularName: kind.toLowerCase(),
        namespaced,
        kind,
        verbs: ['create'],
      })),
    ].sort((a, b) => (a.name < b.name ? -1 : 1));
    return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources };
  }

  /** Aggregated discovery: of the core group, or of all the others. */
  aggregated(core: boolean) {
    const groups = core ? [{ name: '', versions: ['v1'] }] : this.#groups();
    return {
      kind: 'APIGroupDiscoveryList',
      apiVersion: 'apidiscovery.k8s.io/v2',
      metadata: {},
      items: groups.map(({ name, versions }) => ({
        metadata: name === '' ? { creationTimestamp: null } : { name, creationTimestamp: null },
        versions: versions.map((version) => ({
          version,
          freshness: 'Current',
          resources: aggregatedResources(this.resources(name, version)?.resources ?? [], { group: name, version }),
        })),
      })),
    };
  }

  #groups(): { name: string; versions: string[] }[] {
    const groups = new Map<string, string[]>();
    for (const { group, version } of [...this.#kinds.all(), ...reviewKinds]) {
      if (group === '') continue;
      const known = groups.get(group) ?? [];
      if (!known.includes(version)) groups.set(group, [...known, version].sort(byPriority));
    }
    return [...groups].map(([name, versions]) => ({ name, versions }));
  }
}

/** v2 before v1 before v1beta1 before v1alpha1. */
function byPriority(a: string, b: string): number {
  const rank = (version: string) => {
    const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
    const stage = match?.[2] === 'alpha' ? 0 : match?.[2] === 'beta' ? 1 : 2;
    return match ? stage * 1_000_000 + Number(match[1]) * 1000 + Number(match[3] ?? 0) : -1;
  };
  return rank(b) - rank(a);
}

function groupOf({ name, versions }: { name: string; versions: string[] }) {
  const listed = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: listed, preferredVersion: listed[0] };
}

interface Resource {
  name: string;
  singularName: string;
  namespaced: boolean;
  kind: string;
  group?: string;
  version?: string;
  verbs: string[];
  shortNames?: string[];
  categories?: string[];
  storageVersionHash?: string;
}

const subresourceVerbs: Record<string, string[]> = {
  log: ['get'],
  token: ['create'],
  finalize: ['update'],
};

function resourcesOf(kind: Kind): Resource[] {
  const { plural, singular, namespaced, shortNames, categories } = kind;
  const main: Resource = {
    name: plural,
    singularName: singular,
    namespaced,
    kind: kind.kind,
    verbs: plural === 'namespaces' ? verbs.filter((verb) => verb !== 'deletecollection') : verbs,
    ...(shortNames.length > 0 ? { shortNames: [...shortNames] } : {}),
    ...(categories.length > 0 ? { categories: [...categories] } : {}),
    storageVersionHash: createHash('sha256')
      .update(`${kind.storageVersion}/${kind.kind}`)
      .digest('base64')
      .slice(0, 11)
      .concat('='),
  };
  const below = kind.subresources.map(
    (name): Resource => ({
      name: `${plural}/${name}`,
      singularName: '',
      namespaced,
      ...subresourceKind(kind, name),
      verbs: subresourceVerbs[name] ?? ['get', 'patch', 'update'],
    }),
  );
  return [main, ...below];
}

function subresourceKind(kind: Kind, name: string): Pick<Resource, 'kind' | 'group' | 'version'> {
  if (name === 'scale') return { group: 'autoscaling', version: 'v1', kind: 'Scale' };
  if (name === 'token') return { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' };
  return { kind: kind.kind };
}

function aggregatedResources(resources: Resource[], id: { group: string; version: string }) {
  const main = resources.filter(({ name }) => !name.includes('/'));
  const responseKind = ({ group, version, kind }: Resource) => ({
    group: group ?? id.group,
    version: version ?? id.version,
    kind,
  });
  return main.map((resource) => {
    const subresources = resources
      .filter(({ name }) => name.startsWith(`${resource.name}/`))
      .map((below) => ({
        subresource: below.name.slice(resource.name.length + 1),
        responseKind: responseKind(below),
        verbs: below.verbs,
      }));
    return {
      resource: resource.name,
      responseKind: responseKind(resource),
      scope: resource.namespaced ? 'Namespaced' : 'Cluster',
      singularResource: resource.singularName,
      verbs: resource.verbs,
      ...(resource.shortNames ? { shortNames: resource.shortNames } : {}),
      ...(resource.categories ? { categories: resource.categories } : {}),
      ...(subresources.length > 0 ? { subresources } : {}),
    };
  });
}
