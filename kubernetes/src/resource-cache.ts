import type { KubeObject, ResourceType } from '@backstay/shared';
import type { CacheTiming } from './cache/timing.ts';
import type { KubeClient } from './kube-client.ts';

export interface CacheChange<T extends KubeObject> {
  type: 'added' | 'modified' | 'deleted';
  object: T;
  before?: T;
}

/**
 * A list-and-watch cache of one kind. Once started it keeps itself current through 410, silence, half-open connections and
 * an absent API server (jittered back-off), until `stop`. Handlers see every change exactly once per state, in order;
 * after a relist they see the difference. Objects are shared: nobody may change them.
 */
export interface ResourceCache<T extends KubeObject> {
  /** Resolves after the first complete list; never rejects. */
  readonly synced: Promise<void>;
  /** False before the first list, after two failures in a row, and when the last contact is a minute ago: it may be stale. */
  readonly fresh: boolean;
  get(namespace: string | undefined, name: string): T | undefined;
  list(namespace?: string): T[];
  /** Returns a function that takes the handler off. Objects present at the first call are announced as added. */
  onChange(handler: (change: CacheChange<T>) => void): () => void;
  stop(): Promise<void>;
}

export interface ResourceCacheOptions<T extends KubeObject> {
  client: KubeClient;
  type: ResourceType<T>;
  namespace?: string;
  labelSelector?: string;
  /** Told of every failed request and of every error that a handler throws; the cache goes on by itself. */
  onError?: (error: unknown) => void;
  /** What of an object is kept in memory; must keep metadata. Default: all of it. */
  transform?: (object: T) => T;
  timing?: Partial<CacheTiming>;
}
