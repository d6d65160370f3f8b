import { randomUUID } from 'node:crypto';
import { EventEmitter, on } from 'node:events';
import { type AccessQuestion, type KubeClient, KubeError, type WatchEvent } from '@backstay/kubernetes';
import type { KubeObject, ResourceType, Secret } from '@backstay/shared';

/** Who a token stands for and what that person may do. */
export interface MemoryPerson {
  may: (question: AccessQuestion) => boolean;
}

export interface Fault {
  verb: string;
  plural: string;
  error: Error;
}

const groupOf = (type: ResourceType) => (type.apiVersion.includes('/') ? (type.apiVersion.split('/')[0] ?? '') : '');
const keyOf = (namespace: string | undefined, name: string) => `${namespace ?? ''}/${name}`;

/**
 * A Kubernetes API in memory, behind the client's port: enough of it to see what the console asks for and as whom. Rights
 * are checked on every call; faults are set by the test.
 */
export class MemoryCluster {
  readonly faults: Fault[] = [];
  readonly people = new Map<string, MemoryPerson>();
  /** Text of a container's log, by `<namespace>/<pod>/<container>`. */
  readonly logs = new Map<string, () => AsyncIterable<Uint8Array>>();
  readonly #kinds = new Map<string, Map<string, KubeObject>>();
  readonly #changes = new EventEmitter().setMaxListeners(0);
  #version = 1;

  constructor() {
    this.people.set('system', { may: () => true });
  }

  clientAs(token: string): KubeClient {
    return new MemoryClient(this, token);
  }

  all<T extends KubeObject>(type: ResourceType<T>): T[] {
    return [...this.#kind(type).values()] as T[];
  }

  find<T extends KubeObject>(type: ResourceType<T>, namespace: string | undefined, name: string): T | undefined {
    return this.#kind(type).get(keyOf(namespace, name)) as T | undefined;
  }

  put<T extends KubeObject>(type: ResourceType<T>, object: T): T {
    this.#version += 1;
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    const before = this.#kind(type).get(key);
    const stored: T = {
      ...(encoded(object) as T),
      metadata: {
        ...{ uid: randomUUID(), creationTimestamp: new Date().toISOString() },
        ...object.metadata,
        ...(before?.metadata.uid !== undefined && { uid: before.metadata.uid }),
        resourceVersion: String(this.#version),
      },
    };
    this.#kind(type).set(key, stored);
    this.#changes.emit(type.plural, { type: before ? 'MODIFIED' : 'ADDED', object: stored });
    return stored;
  }

  remove(type: ResourceType, namespace: string | undefined, name: string): void {
    const object = this.#kind(type).get(keyOf(namespace, name));
    if (object === undefined) throw new KubeError(404, `${type.plural} "${name}" not found`, { reason: 'NotFound' });
    this.#version += 1;
    this.#kind(type).delete(keyOf(namespace, name));
    this.#changes.emit(type.plural, { type: 'DELETED', object });
  }

  get version(): string {
    return String(this.#version);
  }

  changes(type: ResourceType, signal: AbortSignal): AsyncIterable<[WatchEvent<KubeObject>]> {
    return on(this.#changes, type.plural, { signal }) as AsyncIterable<[WatchEvent<KubeObject>]>;
  }

  fault(verb: string, type: ResourceType): void {
    const at = this.faults.findIndex((fault) => fault.verb === verb && fault.plural === type.plural);
    const [fault] = at === -1 ? [] : this.faults.splice(at, 1);
    if (fault) throw fault.error;
  }

  #kind(type: ResourceType): Map<string, KubeObject> {
    const known = this.#kinds.get(type.plural) ?? new Map<string, KubeObject>();
    this.#kinds.set(type.plural, known);
    return known;
  }
}

// The API server turns stringData into data.
function encoded(object: KubeObject): KubeObject {
  if (object.kind !== 'Secret') return object;
  const { stringData = {}, ...secret } = object as Secret;
  const written = Object.entries(stringData).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  return { ...secret, data: { ...secret.data, ...Object.fromEntries(written) } };
}

class MemoryClient implements KubeClient {
  readonly server = 'memory://cluster';
  readonly #cluster: MemoryCluster;
  readonly #token: string;

  constructor(cluster: MemoryCluster, token: string) {
    this.#cluster = cluster;
    this.#token = token;
  }

  async get<T extends KubeObject>(type: ResourceType<T>, key: { namespace?: string; name: string }): Promise<T> {
    this.#allow('get', type, key.namespace);
    const found = this.#cluster.find(type, key.namespace, key.name);
    if (found === undefined) throw new KubeError(404, `${type.plural} "${key.name}" not found`, { reason: 'NotFound' });
    return found;
  }

  async list<T extends KubeObject>(type: ResourceType<T>, options: Parameters<KubeClient['list']>[1] = {}) {
    this.#allow('list', type, options.namespace);
    const items = this.#cluster.all(type).filter((item) => isListed(item, options));
    const metadata = { resourceVersion: this.#cluster.version };
    return { apiVersion: type.apiVersion, kind: `${type.kind}List`, metadata, items };
  }

  async create<T extends KubeObject>(type: ResourceType<T>, object: T, options: { dryRun?: boolean } = {}): Promise<T> {
    const { name, namespace } = object.metadata;
    this.#allow('create', type, namespace);
    if (options.dryRun !== true) this.#cluster.fault('create', type);
    if (this.#cluster.find(type, namespace, name)) {
      throw new KubeError(409, `${type.plural} "${name}" already exists`, { reason: 'AlreadyExists' });
    }
    return options.dryRun ? object : this.#cluster.put(type, object);
  }

  async replace<T extends KubeObject>(type: ResourceType<T>, object: T): Promise<T> {
    this.#allow('update', type, object.metadata.namespace);
    return this.#cluster.put(type, object);
  }

  async mergePatch<T extends KubeObject>(
    type: ResourceType<T>,
    key: { namespace?: string; name: string },
    patch: { body: unknown },
  ): Promise<T> {
    this.#allow('patch', type, key.namespace);
    this.#cluster.fault('patch', type);
    const before = await this.get(type, key);
    return this.#cluster.put(type, merge(before, patch.body) as T);
  }

  apply<T extends KubeObject>(type: ResourceType<T>, object: T): Promise<T> {
    return this.replace(type, object);
  }

  async delete(type: ResourceType, key: { namespace?: string; name: string }): Promise<void> {
    this.#allow('delete', type, key.namespace);
    this.#cluster.remove(type, key.namespace, key.name);
  }

  async *watch<T extends KubeObject>(
    type: ResourceType<T>,
    options: Parameters<KubeClient['watch']>[1],
  ): AsyncGenerator<WatchEvent<T>> {
    const signal = options.signal ?? new AbortController().signal;
    const changes = this.#cluster.changes(type, signal);
    const iterator = changes[Symbol.asyncIterator]();
    options.onOpen?.();
    try {
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
        const [event] = next.value;
        if (isListed(event.object, options)) yield event as WatchEvent<T>;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async *podLog(
    key: { namespace: string; name: string },
    options: Parameters<KubeClient['podLog']>[1] = {},
  ): AsyncGenerator<Uint8Array> {
    this.#may({ verb: 'get', resource: 'pods', subresource: 'log', namespace: key.namespace });
    const log = this.#cluster.logs.get(`${key.namespace}/${key.name}/${options.container}`);
    options.onOpen?.();
    if (log !== undefined) yield* log();
  }

  async mayI(question: AccessQuestion): Promise<boolean> {
    return this.#person().may(question);
  }

  async getRaw(): Promise<unknown> {
    return { gitVersion: 'v1.35.0' };
  }

  withToken(token: string): KubeClient {
    return new MemoryClient(this.#cluster, token);
  }

  async close(): Promise<void> {}

  #allow(verb: string, type: ResourceType, namespace: string | undefined): void {
    this.#may({ verb, group: groupOf(type), resource: type.plural, namespace });
  }

  #may(question: AccessQuestion): void {
    if (this.#person().may(question)) return;
    throw new KubeError(403, `cannot ${question.verb} ${question.resource}`, { reason: 'Forbidden' });
  }

  #person(): MemoryPerson {
    const person = this.#cluster.people.get(this.#token);
    if (person === undefined) throw new KubeError(401, 'Unauthorized', { reason: 'Unauthorized' });
    return person;
  }
}

function isListed(
  item: KubeObject,
  options: { namespace?: string; labelSelector?: string; fieldSelector?: string },
): boolean {
  if (options.namespace !== undefined && item.metadata.namespace !== options.namespace) return false;
  const uid = /^involvedObject\.uid=(.*)$/.exec(options.fieldSelector ?? '')?.[1];
  if (uid !== undefined && (item['involvedObject'] as { uid?: string } | undefined)?.uid !== uid) return false;
  if (options.labelSelector === undefined) return true;
  const [key = '', value] = options.labelSelector.split('=');
  const label = item.metadata.labels?.[key];
  return value === undefined ? label !== undefined : label === value;
}

function merge(before: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const result: Record<string, unknown> = isRecord(before) ? { ...before } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merge(result[key], value);
  }
  return result;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
