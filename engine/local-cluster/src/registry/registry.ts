import type { KubeList, KubeObject } from '@backstay/shared';

/** Names one served kind inside the cluster; `group` is empty for core kinds. */
export interface ResourceId {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

export interface RegistryEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: KubeObject;
}

export interface DeleteRequest {
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  gracePeriodSeconds?: number;
  preconditions?: { uid?: string; resourceVersion?: string };
}

/**
 * The objects of the cluster: what the HTTP API serves and what the controllers and the Pod runner work on, in process.
 *
 * Every write is durable when the call returns (it survives kill -9), has passed defaulting, validation and the strategy of
 * its kind (generation, immutable fields, status apart from spec), and is announced to watchers in order afterwards. Objects
 * that come out are shared and frozen in spirit: copy before changing. Errors are ApiError with a Kubernetes reason and status.
 */
export interface Registry {
  get(resource: ResourceId, namespace: string | undefined, name: string): KubeObject | undefined;
  list(
    resource: ResourceId,
    options?: { namespace?: string; labelSelector?: string; fieldSelector?: string },
  ): KubeList;
  /** Fills uid, creationTimestamp, generateName. ApiError AlreadyExists (409), Invalid (422). */
  create(resource: ResourceId, object: KubeObject): KubeObject;
  /**
   * Replaces the object, or only its status with `subresource: 'status'`. A given metadata.resourceVersion that is stale is
   * ApiError Conflict (409).
   */
  update(resource: ResourceId, object: KubeObject, options?: { subresource?: 'status' }): KubeObject;
  /**
   * Sets deletionTimestamp while finalizers or (for Pods) a grace period hold the object, else removes it. Dependents are
   * collected by the garbage collector.
   */
  delete(resource: ResourceId, key: { namespace?: string; name: string }, request?: DeleteRequest): KubeObject;
  /** Announces every change after now, synchronously after it is durable. Returns a function that ends it. */
  subscribe(resource: ResourceId, listener: (event: RegistryEvent) => void): () => void;
}
