import type { KubeObject, Pod, PodTemplateSpec } from '@backstay/shared';
import { isActive, isReady } from './job-pods.ts';

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

export const countPods = (pods: readonly Pod[]): { replicas: number; readyReplicas: number } => {
  const active = pods.filter(isActive);
  return { replicas: active.length, readyReplicas: active.filter(isReady).length };
};
