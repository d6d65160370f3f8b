import type { KubeObject } from '@backstay/shared';
import { timestamp } from '../clock.ts';
import { cloneJson, type JsonObject } from '../json.ts';
import { apiVersionOf, type Kind } from '../kinds/kind.ts';
import { ApiError, conflict } from '../registry/api-error.ts';
import { decodeObject } from '../registry/normalise.ts';
import type { ObjectRegistry } from '../registry/object-registry.ts';
import { compare } from './compare.ts';
import { difference, emptySet, type FieldSet, intersection, paths, pathText, union } from './field-set.ts';
import { fieldSetOf } from './field-set-of.ts';
import { type ManagerEntry, readManagers, sameWriter, tracked, type Writer, writeManagers } from './managers.ts';
import { mergeApplied, removeUnowned } from './merge.ts';

export interface ApplyRequest {
  kind: Kind;
  namespace: string | undefined;
  name: string;
  config: JsonObject;
  manager: string;
  force: boolean;
  dryRun: boolean;
  subresource?: 'status';
  /** As for WriteOptions. */
  admit?: (object: KubeObject) => void;
}

/** Server-side apply. Tells whether the object was made by it. ApiError Conflict when others own what changes. */
export function applyObject(registry: ObjectRegistry, request: ApplyRequest): { object: KubeObject; created: boolean } {
  const { kind, namespace, name, dryRun, subresource } = request;
  const config = cloneJson(request.config) as unknown as KubeObject;
  decodeObject(kind, config as unknown as JsonObject);
  const old = registry.get(kind, namespace, name);
  const own = ownHalf(kind, config, subresource);
  const { uid, resourceVersion } = config.metadata;
  if (!old && (uid || resourceVersion)) throw conflict(kind, name, uidMissing(uid ?? ''));
  const result = merged(registry, { ...request, config: own, old });
  const options = {
    dryRun,
    ...(request.admit ? { admit: request.admit } : {}),
    managedFields: writeManagers(result.managers),
    ...(subresource ? { subresource } : {}),
  };
  if (old)
    return { object: registry.update(kind, withVersion(result.object, resourceVersion), options), created: false };
  return { object: registry.create(kind, result.object, options), created: true };
}

const uidMissing = (uid: string) => `Precondition failed: UID in precondition: ${uid}, UID in object meta: `;

const withVersion = (object: KubeObject, resourceVersion: string | undefined): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion },
});

/** Only the half of the configuration that this endpoint writes. */
function ownHalf(kind: Kind, config: KubeObject, subresource: string | undefined): KubeObject {
  const { apiVersion, kind: kindName, metadata, status, ...rest } = config;
  const { managedFields: _, ...plainMetadata } = metadata;
  const identity = { name: metadata.name, ...(metadata.namespace ? { namespace: metadata.namespace } : {}) };
  if (subresource === 'status') return { apiVersion, kind: kindName, metadata: identity, status };
  const withStatus = kind.subresources.includes('status') || status === undefined ? {} : { status };
  return { apiVersion, kind: kindName, metadata: plainMetadata, ...rest, ...withStatus };
}

interface Merge extends ApplyRequest {
  config: KubeObject & JsonObject;
  old: KubeObject | undefined;
}

function merged(registry: ObjectRegistry, request: Merge): { object: KubeObject; managers: ManagerEntry[] } {
  const { kind, config, old, manager, subresource } = request;
  const writer: Writer = {
    manager,
    operation: 'Apply',
    apiVersion: apiVersionOf(kind),
    ...(subresource ? { subresource } : {}),
  };
  const fields = tracked(fieldSetOf(config, kind.schema));
  const entries = readManagers(old);
  const last = entries.find((entry) => sameWriter(entry, writer));
  const others = entries.filter((entry) => entry !== last);
  // The system's metadata stays, whoever applied something beside it.
  const metadata: FieldSet = new Map([['f:metadata', { self: false, children: emptySet() }]]);
  const keep = others.reduce((set, entry) => union(set, entry.fields), union(fields, metadata));
  const both = mergeApplied(old, config, kind.schema);
  const object = removeUnowned({
    value: both,
    schema: kind.schema,
    last: last?.fields ?? emptySet(),
    keep,
  }) as KubeObject;
  const { changed, removed } = compare(old ?? {}, object, kind.schema);
  const remaining = resolveConflicts(request, { others, changed: tracked(changed), removed: tracked(removed) });
  const unchanged = last !== undefined && sameFields(last.fields, fields);
  const time = unchanged ? last.time : timestamp(registry.clock.now());
  return { object, managers: [...remaining, { ...writer, time, fields }] };
}

const sameFields = (a: FieldSet, b: FieldSet) => difference(a, b).size === 0 && difference(b, a).size === 0;

interface Differences {
  others: ManagerEntry[];
  changed: FieldSet;
  removed: FieldSet;
}

function resolveConflicts(request: ApplyRequest, { others, changed, removed }: Differences): ManagerEntry[] {
  const conflicts = others.flatMap((entry) =>
    paths(intersection(entry.fields, changed)).map((path) => ({ manager: managerText(entry), path: pathText(path) })),
  );
  if (conflicts.length > 0 && !request.force) throw applyConflict(conflicts);
  const gone = union(changed, removed);
  return others.map((entry) => ({ ...entry, fields: difference(entry.fields, gone) }));
}

const managerText = ({ manager, subresource, operation, apiVersion }: ManagerEntry): string => {
  const name = `"${manager}"${subresource ? ` with subresource "${subresource}"` : ''}`;
  return operation === 'Update' ? `${name} using ${apiVersion}` : name;
};

interface ApplyConflict {
  manager: string;
  path: string;
}

function applyConflict(conflicts: readonly ApplyConflict[]): ApiError {
  const causes = conflicts.map(({ manager, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${manager}`,
    field: path,
  }));
  return new ApiError(409, 'Conflict', { message: conflictText(conflicts), details: { causes } });
}

function conflictText(conflicts: readonly ApplyConflict[]): string {
  const [first] = conflicts;
  if (first && conflicts.length === 1) {
    return `Apply failed with 1 conflict: conflict with ${first.manager}: ${first.path}`;
  }
  const byManager = Object.groupBy(conflicts, ({ manager }) => manager);
  const lines = Object.entries(byManager)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([manager, list]) => [`conflicts with ${manager}:`, ...(list ?? []).map(({ path }) => `- ${path}`)]);
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`;
}
