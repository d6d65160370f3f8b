import type { ConfigMap, Job, KubeObject, Secret } from '@backstay/shared';
import { contentHash } from '../plan/canonical.ts';

/* What the caches keep: enough to see a change, and no value of a Secret. */

export const dataDigest = (data: Record<string, string> | undefined): string => contentHash(data ?? {});

/** Where kubectl keeps the whole object a second time, a Secret's values too. */
const copyOfAll = 'kubectl.kubernetes.io/last-applied-configuration';

const bare = ({ apiVersion, kind, metadata }: KubeObject) => {
  const { [copyOfAll]: _copy, ...annotations } = metadata.annotations ?? {};
  return { apiVersion, kind, metadata: metadata.annotations === undefined ? metadata : { ...metadata, annotations } };
};

export const summariseSecret = (secret: Secret): Secret => ({
  ...bare(secret),
  kind: 'Secret',
  digest: dataDigest(secret.data),
});

export const summariseConfigMap = (configMap: ConfigMap): ConfigMap => ({
  ...bare(configMap),
  kind: 'ConfigMap',
  digest: dataDigest(configMap.data),
});

export const summariseJob = (job: Job): Job => ({
  ...bare(job),
  kind: 'Job',
  spec: { template: { spec: { containers: [] } } },
  status: job.status,
});

export const digestOf = (object: KubeObject | undefined): string | undefined => {
  const digest = object?.['digest'];
  return typeof digest === 'string' ? digest : undefined;
};

/** Changes when the object does; a status alone does not count where Kubernetes counts generations. */
export const fingerprint = (object: KubeObject | undefined): string => {
  if (object === undefined) {
    return 'absent';
  }
  const { uid, generation, resourceVersion } = object.metadata;
  return `${uid}:${generation ?? resourceVersion}`;
};
