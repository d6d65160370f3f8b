import { randomUUID } from 'node:crypto';
import type { KubeList, KubeObject } from '@backstay/shared';
import { type Clock, timestamp } from '../clock.ts';
import { cloneJson, objectAt, sameJson } from '../json.ts';
import { apiVersionOf, type Kind } from '../kinds/kind.ts';
import { validateMetadata, validateMetadataUpdate } from '../kinds/metadata-rules.ts';
import { customCauses } from '../schema/validate-custom.ts';
import type { Change, ObjectStore } from '../store/object-store.ts';
import { Announcer } from './announcer.ts';
import {
  alreadyExists,
  badRequest,
  type Cause,
  conflict,
  forbidden,
  invalid,
  modifiedMeanwhile,
  notFound,
  pageNotFound,
} from './api-error.ts';
import { planDeletion } from './deletion.ts';
import { generatedName } from './generated-name.ts';
import type { KindTable } from './kind-table.ts';
import { decodeObject, fillDefaults, inOrder } from './normalise.ts';
import { type Ownership, trackOwnership } from './ownership.ts';
import type { DeleteRequest, Registry, RegistryEvent, ResourceId } from './registry.ts';
import { parseFieldSelector, parseLabelSelector } from './selectors.ts';

export interface WriteOptions {
  subresource?: 'status' | 'scale';
  dryRun?: boolean;
  /** Who writes, for metadata.managedFields. Default: the cluster itself. */
  manager?: string;
  /** Refuses, by throwing, what the writer may not write; sees the object as it would be stored. */
  admit?: (object: KubeObject) => void;
  /** Replaces the tracking of who owns which field (server-side apply has its own). */
  managedFields?: unknown[];
}

interface RegistryParts {
  store: ObjectStore;
  kinds: KindTable;
  clock: Clock;
  onListenerError: (error: unknown) => void;
}

const ownManager = 'local-cluster';

/** The Registry over an ObjectStore, with what only the HTTP API needs: dry run, field managers and the store itself. */
export class ObjectRegistry implements Registry {
  readonly store: ObjectStore;
  readonly kinds: KindTable;
  readonly clock: Clock;
  readonly #announcer: Announcer;

  constructor({ store, kinds, clock, onListenerError }: RegistryParts) {
    this.store = store;
    this.kinds = kinds;
    this.clock = clock;
    this.#announcer = new Announcer(onListenerError);
  }

  get(resource: ResourceId, namespace: string | undefined, name: string): KubeObject | undefined {
    const kind = this.kindOf(resource);
    const stored = this.store.get(kind.storageKey, kind.namespaced ? (namespace ?? '') : '', name);
    return stored ? inVersion(kind, stored.object) : undefined;
  }

  list(
    resource: ResourceId,
    options: { namespace?: string; labelSelector?: string; fieldSelector?: string } = {},
  ): KubeList {
    const kind = this.kindOf(resource);
    const labels = parseLabelSelector(options.labelSelector);
    const fields = parseFieldSelector(kind, options.fieldSelector);
    const items: KubeObject[] = [];
    const query = { resource: kind.storageKey, ...(options.namespace ? { namespace: options.namespace } : {}) };
    for (const { object } of this.store.range(query)) {
      if ((labels?.(object) ?? true) && (fields?.matches(object) ?? true)) items.push(inVersion(kind, object));
    }
    return {
      apiVersion: apiVersionOf(kind),
      kind: kind.listKind,
      metadata: { resourceVersion: String(this.store.revision) },
      items,
    };
  }

  create(resource: ResourceId, object: KubeObject, options: WriteOptions = {}): KubeObject {
    const kind = this.kindOf(resource);
    const next = cloneJson(object);
    decodeObject(kind, next);
    this.#fillSystemMetadata(kind, next);
    fillDefaults(kind, next);
    if (kind.subresources.includes('status')) delete next['status'];
    kind.strategy.prepareCreate?.(next);
    this.#check(kind, next);
    this.#requireNamespace(kind, next);
    options.admit?.(next);
    const namespace = next.metadata.namespace ?? '';
    if (this.store.get(kind.storageKey, namespace, next.metadata.name)) throw alreadyExists(kind, next.metadata.name);
    setManagedFields(next, options.managedFields ?? trackOwnership(this.#ownership(kind, next, options)));
    return this.#write(kind, 'ADDED', { object: next, dryRun: options.dryRun === true });
  }

  update(resource: ResourceId, object: KubeObject, options: WriteOptions = {}): KubeObject {
    const kind = this.kindOf(resource);
    const { name, namespace } = object.metadata;
    const old = this.get(resource, namespace, name);
    if (!old) throw notFound(kind, name);
    checkIdentity(kind, object, old);
    const next = cloneJson(object);
    decodeObject(kind, next);
    carryOver(kind, { next, old, subresource: options.subresource });
    fillDefaults(kind, next);
    if (options.subresource === undefined) kind.strategy.prepareUpdate?.(next, old);
    if (kind.strategy.generation && specChanged(next, old))
      next.metadata.generation = (old.metadata.generation ?? 0) + 1;
    this.#check(kind, next, old);
    options.admit?.(next);
    setManagedFields(next, options.managedFields ?? trackOwnership({ ...this.#ownership(kind, next, options), old }));
    return this.#commitUpdate(kind, { next, old, dryRun: options.dryRun === true });
  }

  #commitUpdate(kind: Kind, { next, old, dryRun }: { next: KubeObject; old: KubeObject; dryRun: boolean }): KubeObject {
    if (sameApartFromManagers(next, old)) {
      if (sameManagers(next, old)) return old;
    }
    const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = next.metadata;
    const released = deletionTimestamp !== undefined && (finalizers ?? []).length === 0;
    const namespaceHeld = kind.storageKey === 'namespaces';
    if (released && (deletionGracePeriodSeconds ?? 0) === 0 && !namespaceHeld) {
      return this.#write(kind, 'DELETED', { object: next, dryRun });
    }
    return this.#write(kind, 'MODIFIED', { object: next, dryRun });
  }

  delete(
    resource: ResourceId,
    key: { namespace?: string; name: string },
    request: DeleteRequest & { dryRun?: boolean } = {},
  ): KubeObject {
    const kind = this.kindOf(resource);
    const old = this.get(resource, key.namespace, key.name);
    if (!old) throw notFound(kind, key.name);
    const plan = planDeletion({ kind, old, request, now: this.clock.now() });
    const dryRun = request.dryRun === true;
    if (plan.kind === 'keep') return old;
    return this.#write(kind, plan.kind === 'remove' ? 'DELETED' : 'MODIFIED', { object: plan.object, dryRun });
  }

  /** Removes a namespace that has ended; its content must be gone. */
  removeNamespace(name: string): void {
    const resource = { group: '', version: 'v1', plural: 'namespaces' };
    const old = this.get(resource, undefined, name);
    if (old) this.#write(this.kindOf(resource), 'DELETED', { object: cloneJson(old), dryRun: false });
  }

  subscribe(resource: ResourceId, listener: (event: RegistryEvent) => void): () => void {
    const kind = this.kindOf(resource);
    return this.#announcer.listen(kind.storageKey, ({ type, current }) =>
      listener({ type, object: inVersion(kind, current.object) }),
    );
  }

  /** Like subscribe, by storage key and with the stored states. Without a key: all changes. */
  onChange(storageKey: string | undefined, listener: (change: Change, storageKey: string) => void): () => void {
    return this.#announcer.listen(storageKey, listener);
  }

  kindOf(resource: ResourceId): Kind {
    const kind = this.kinds.find(resource);
    if (!kind) throw pageNotFound();
    return kind;
  }

  #fillSystemMetadata(kind: Kind, object: KubeObject): void {
    const { metadata } = object;
    for (const given of ['deletionTimestamp', 'deletionGracePeriodSeconds', 'resourceVersion', 'generation']) {
      delete metadata[given];
    }
    if (!metadata.name && metadata.generateName) metadata.name = generatedName(metadata.generateName);
    if (!kind.namespaced) delete metadata.namespace;
    metadata.uid = randomUUID();
    metadata.creationTimestamp = timestamp(this.clock.now());
    if (kind.strategy.generation) metadata.generation = 1;
  }

  #ownership(kind: Kind, next: KubeObject, options: WriteOptions): Ownership {
    return {
      kind,
      next,
      manager: options.manager ?? ownManager,
      ...(options.subresource ? { subresource: options.subresource } : {}),
      time: timestamp(this.clock.now()),
    };
  }

  #check(kind: Kind, object: KubeObject, old?: KubeObject): void {
    const causes: Cause[] = [
      ...validateMetadata(kind, object),
      ...(old ? validateMetadataUpdate(object, old) : []),
      ...(kind.custom ? customCauses(kind.schema, object, old) : []),
      ...(kind.strategy.validate?.(object, old) ?? []),
    ];
    if (causes.length > 0) throw invalid(kind, object.metadata.name, causes);
  }

  #requireNamespace(kind: Kind, object: KubeObject): void {
    if (!kind.namespaced) return;
    const name = object.metadata.namespace;
    if (!name) throw badRequest('an empty namespace may not be set during creation');
    const namespaces = this.kindOf({ group: '', version: 'v1', plural: 'namespaces' });
    const namespace = this.store.get('namespaces', '', name)?.object;
    if (!namespace) throw notFound(namespaces, name);
    if (namespace.metadata.deletionTimestamp === undefined) return;
    throw forbidden(
      kind,
      object.metadata.name,
      `unable to create new content in namespace ${name} because it is being terminated`,
    );
  }

  #write(kind: Kind, type: Change['type'], { object, dryRun }: { object: KubeObject; dryRun: boolean }): KubeObject {
    if (dryRun) return inVersion(kind, inOrder(object));
    const change = this.store.write(kind.storageKey, type, (revision) =>
      inOrder({
        ...object,
        apiVersion: kind.storageVersion,
        metadata: { ...object.metadata, resourceVersion: String(revision) },
      }),
    );
    this.#announcer.announce(kind.storageKey, change);
    return inVersion(kind, change.current.object);
  }
}

export const inVersion = (kind: Kind, object: KubeObject): KubeObject => {
  const apiVersion = apiVersionOf(kind);
  return object.apiVersion === apiVersion ? object : { ...object, apiVersion };
};

function checkIdentity(kind: Kind, object: KubeObject, old: KubeObject): void {
  const { name, uid, resourceVersion } = object.metadata;
  if (uid && uid !== old.metadata.uid) {
    throw conflict(
      kind,
      name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`,
    );
  }
  if (resourceVersion && resourceVersion !== old.metadata.resourceVersion)
    throw conflict(kind, name, modifiedMeanwhile);
}

const systemOwned = [
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generation',
  'resourceVersion',
  'generateName',
] as const;

/** What an update may not change: system metadata, and the half of the object that belongs to the other endpoint. */
function carryOver(
  kind: Kind,
  { next, old, subresource }: { next: KubeObject; old: KubeObject; subresource: string | undefined },
): void {
  if (subresource === 'status') {
    const { status } = next;
    const { managedFields } = next.metadata;
    for (const name of Object.keys(next)) delete next[name];
    Object.assign(next, cloneJson(old), { status });
    if (status === undefined) delete next['status'];
    setManagedFields(next, managedFields);
    return;
  }
  for (const name of systemOwned) {
    if (old.metadata[name] === undefined) delete next.metadata[name];
    else Object.assign(next.metadata, { [name]: old.metadata[name] });
  }
  if (!kind.subresources.includes('status')) return;
  if (old['status'] === undefined) delete next['status'];
  else next['status'] = cloneJson(old['status']);
}

function setManagedFields(object: KubeObject, fields: unknown[] | undefined): void {
  if (fields && fields.length > 0) object.metadata.managedFields = fields;
  else delete object.metadata.managedFields;
}

const content = ({ metadata: _, status: __, ...rest }: KubeObject): unknown => rest;
const specChanged = (next: KubeObject, old: KubeObject) => !sameJson(content(next), content(old));

const apartFromManagers = (object: KubeObject) => ({
  ...object,
  metadata: { ...object.metadata, managedFields: undefined },
});
const sameApartFromManagers = (a: KubeObject, b: KubeObject) => sameJson(apartFromManagers(a), apartFromManagers(b));
const untimed = (object: KubeObject) =>
  (object.metadata.managedFields ?? []).map((entry) => ({ ...objectAt(entry), time: undefined }));
const sameManagers = (a: KubeObject, b: KubeObject) => sameJson(untimed(a), untimed(b));
