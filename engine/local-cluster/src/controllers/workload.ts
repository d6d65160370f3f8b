import type { KubeObject, Pod, PodTemplateSpec } from '@backstay/shared';
import type { Registry } from '../registry/registry.ts';
import { isActive, isReady } from './job-pods.ts';
import { controllerOf, resources } from './resources.ts';

/** What Deployments and ReplicaSets share: so many Pods of one template. */
export interface Workload extends KubeObject {
  spec: {
    replicas?: number;
    selector?: { matchLabels?: Record<string, string> };
    template: PodTemplateSpec;
    revisionHistoryLimit?: number;
    [member: string]: unknown;
  };
  status?: Record<string, unknown>;
}

export const ownedBy = <T extends KubeObject>(objects: readonly KubeObject[], owner: KubeObject): T[] =>
  objects.filter((object) => controllerOf(object)?.uid === owner.metadata.uid) as T[];

export const podsOfWorkload = (registry: Registry, owner: KubeObject): Pod[] =>
  ownedBy<Pod>(registry.list(resources.pods, { namespace: owner.metadata.namespace ?? '' }).items, owner);

export const countPods = (pods: readonly Pod[]): { replicas: number; readyReplicas: number } => {
  const active = pods.filter(isActive);
  return { replicas: active.length, readyReplicas: active.filter(isReady).length };
};
