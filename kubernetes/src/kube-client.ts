import type { KubeList, KubeObject, ResourceType } from '@backstay/shared';

export interface ObjectKey {
  namespace?: string;
  name: string;
}

export interface ListOptions {
  /** Absent: all namespaces. */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  limit?: number;
  continue?: string;
}

export interface WriteOptions {
  dryRun?: boolean;
  subresource?: 'status';
}

export interface ApplyOptions extends WriteOptions {
  fieldManager: string;
  /** Takes fields over from other managers. Default: false, a conflict is a KubeError 409. */
  force?: boolean;
}

export interface DeleteOptions {
  dryRun?: boolean;
  /** Default: Background. */
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  uid?: string;
  gracePeriodSeconds?: number;
}

export interface LogOptions {
  container?: string;
  follow?: boolean;
  tailLines?: number;
  /** RFC 3339. */
  sinceTime?: string;
  timestamps?: boolean;
  signal?: AbortSignal;
  /** Called when the server begins to answer. With `follow` that may be as late as the first byte. */
  onOpen?: () => void;
}

export interface WatchOptions extends ListOptions {
  resourceVersion: string;
  /** After this the server ends the watch. Default: 300. */
  timeoutSeconds?: number;
  signal?: AbortSignal;
  /** Called when the server has accepted the watch, which may be long before the first event. */
  onOpen?: () => void;
}

export type WatchEvent<T extends KubeObject> =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: T }
  | { type: 'BOOKMARK'; object: T };

export interface AccessQuestion {
  verb: string;
  group?: string;
  resource: string;
  subresource?: string;
  namespace?: string;
  name?: string;
}

/**
 * The Kubernetes API as one identity sees it. Every method rejects with a {@link KubeError}: its `status` is the HTTP
 * status of the API server, or 0 when the server could not be reached. Nothing is retried here; callers know what is safe.
 * Instances hold a connection pool; `close` gives it back.
 */
export interface KubeClient {
  /** Base URL of the API server. */
  readonly server: string;
  get<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey): Promise<T>;
  list<T extends KubeObject>(type: ResourceType<T>, options?: ListOptions): Promise<KubeList<T>>;
  /** Honours metadata.generateName. */
  create<T extends KubeObject>(type: ResourceType<T>, object: T, options?: WriteOptions): Promise<T>;
  /** With metadata.resourceVersion a stale one is a KubeError 409. */
  replace<T extends KubeObject>(type: ResourceType<T>, object: T, options?: WriteOptions): Promise<T>;
  /** JSON merge patch. */
  mergePatch<T extends KubeObject>(
    type: ResourceType<T>,
    key: ObjectKey,
    patch: { body: unknown } & WriteOptions,
  ): Promise<T>;
  /** Server-side apply. */
  apply<T extends KubeObject>(type: ResourceType<T>, object: T, options: ApplyOptions): Promise<T>;
  delete(type: ResourceType, key: ObjectKey, options?: DeleteOptions): Promise<void>;
  /**
   * One watch request. Ends when the server ends it or `signal` aborts; throws KubeError 410 when `resourceVersion` is too
   * old. Use a Reflector to keep a cache.
   */
  watch<T extends KubeObject>(type: ResourceType<T>, options: WatchOptions): AsyncIterable<WatchEvent<T>>;
  /** Bytes of a container's log. Ends when the container ended (follow) or the log is over. */
  podLog(key: { namespace: string; name: string }, options?: LogOptions): AsyncIterable<Uint8Array>;
  /** SelfSubjectAccessReview. */
  mayI(question: AccessQuestion): Promise<boolean>;
  /** GET of any path, e.g. /version: what the JSON says, or the text when it is none (/readyz). */
  getRaw(path: string): Promise<unknown>;
  /**
   * The same server and connection pool as another identity: a bearer token of its own, never together with a client
   * certificate of this one. Throws KubeError 401 for an empty token. Its `close` leaves the pool alone.
   */
  withToken(token: string): KubeClient;
  close(): Promise<void>;
}

/** What an API server answered instead of what was asked for (metav1.Status). */
export class KubeError extends Error {
  readonly status: number;
  /** e.g. NotFound, AlreadyExists, Conflict, Invalid, Forbidden; Unreachable without an answer. */
  readonly reason: string;
  /** Causes of an Invalid answer: field paths and messages. */
  readonly causes: readonly { field?: string; message?: string; reason?: string }[];

  constructor(status: number, message: string, more: Partial<Pick<KubeError, 'reason' | 'causes' | 'cause'>> = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'KubeError';
    this.status = status;
    this.reason = more.reason ?? 'Unknown';
    this.causes = more.causes ?? [];
  }
}
