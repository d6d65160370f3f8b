import type { KubeObject, ResourceType } from '@backstay/shared';
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
  /** Resolves after the first complete list. */
  readonly synced: Promise<void>;
  /** False while the last contact is older than the deadline: what it holds may be stale. */
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
  onError?: (error: unknown) => void;
}
