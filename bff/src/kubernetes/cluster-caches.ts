import { createResourceCache, type KubeClient, type ResourceCache } from '@backstay/kubernetes';
import {
  type BackupCollection,
  type ClusterBackupProcedureTemplate,
  type CronJob,
  type Job,
  type KubeObject,
  labels,
  type Namespace,
  type Pod,
  type RequestedBackupAction,
  resourceTypes,
  type ScheduledBackup,
} from '@backstay/shared';
import type { Logger } from 'pino';
import { indexJobs, type JobIndex } from './job-index.ts';

/**
 * What the console's own account watches. It holds what every person may see together: nothing of it leaves before it was
 * filtered by what the asking person may see.
 */
export interface ClusterCaches extends JobIndex {
  namespaces: ResourceCache<Namespace>;
  schedules: ResourceCache<ScheduledBackup>;
  actions: ResourceCache<RequestedBackupAction>;
  templates: ResourceCache<ClusterBackupProcedureTemplate>;
  collections: ResourceCache<BackupCollection>;
  /** Of schedules and actions only. */
  cronJobs: ResourceCache<CronJob>;
  jobs: ResourceCache<Job>;
  pods: ResourceCache<Pod>;
}

export interface CacheOptions {
  client: KubeClient;
  /** Namespace of the repository. */
  repositoryNamespace: string;
  logger: Logger;
}

const ours = { labelSelector: labels.schedule };

export function startCaches({ client, repositoryNamespace, logger }: CacheOptions): ClusterCaches {
  const shared = (kind: string) => ({
    client,
    onError: (error: unknown) => logger.warn({ err: error, kind }, 'watch interrupted'),
  });
  const schedules = createResourceCache({ ...shared('schedules'), type: resourceTypes.scheduledBackups });
  const jobs = createResourceCache({ ...shared('jobs'), ...ours, type: resourceTypes.jobs, transform: withoutFields });
  const pods = createResourceCache({ ...shared('pods'), ...ours, type: resourceTypes.pods, transform: slimPod });
  return {
    ...indexJobs({ jobs, pods, schedules }),
    namespaces: createResourceCache({ ...shared('namespaces'), type: resourceTypes.namespaces }),
    schedules,
    actions: createResourceCache({ ...shared('actions'), type: resourceTypes.requestedBackupActions }),
    templates: createResourceCache({ ...shared('templates'), type: resourceTypes.clusterBackupProcedureTemplates }),
    collections: createResourceCache({
      ...shared('collections'),
      type: resourceTypes.backupCollections,
      namespace: repositoryNamespace,
    }),
    cronJobs: createResourceCache({ ...shared('cronJobs'), ...ours, type: resourceTypes.cronJobs }),
    jobs,
    pods,
  };
}

function withoutFields<T extends KubeObject>(object: T): T {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** Of a Pod's spec only the names of its containers are asked for. */
function slimPod(pod: Pod): Pod {
  const { managedFields: _, annotations: _a, ...metadata } = pod.metadata;
  const names = (containers: Pod['spec']['containers'] | undefined) => containers?.map(({ name }) => ({ name }));
  const initContainers = names(pod.spec.initContainers);
  const spec = { ...(initContainers && { initContainers }), containers: names(pod.spec.containers) ?? [] };
  return { ...pod, metadata, spec };
}

/** False when a cache may be behind the cluster. */
export const cachesFresh = (caches: ClusterCaches): boolean => all(caches).every((cache) => cache.fresh);

const all = (of: ClusterCaches): Pick<ResourceCache<Namespace>, 'synced' | 'stop' | 'fresh'>[] => [
  ...[of.namespaces, of.schedules, of.actions, of.templates],
  ...[of.collections, of.cronJobs, of.jobs, of.pods],
];

export async function cachesSynced(caches: ClusterCaches): Promise<void> {
  await Promise.all(all(caches).map((cache) => cache.synced));
}

export async function stopCaches(caches: ClusterCaches): Promise<void> {
  await Promise.all(all(caches).map((cache) => cache.stop()));
}
