import { createResourceCache, type KubeClient, type ResourceCache } from '@backstay/kubernetes';
import {
  type BackupCollection,
  type ClusterBackupProcedureTemplate,
  type CronJob,
  type Job,
  labels,
  type Namespace,
  type Pod,
  type RequestedBackupAction,
  resourceTypes,
  type ScheduledBackup,
} from '@backstay/shared';
import type { Logger } from 'pino';

/**
 * What the console's own account watches. It holds what every person may see together: nothing of it leaves before it was
 * filtered by what the asking person may see.
 */
export interface ClusterCaches {
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
  return {
    namespaces: createResourceCache({ ...shared('namespaces'), type: resourceTypes.namespaces }),
    schedules: createResourceCache({ ...shared('schedules'), type: resourceTypes.scheduledBackups }),
    actions: createResourceCache({ ...shared('actions'), type: resourceTypes.requestedBackupActions }),
    templates: createResourceCache({ ...shared('templates'), type: resourceTypes.clusterBackupProcedureTemplates }),
    collections: createResourceCache({
      ...shared('collections'),
      type: resourceTypes.backupCollections,
      namespace: repositoryNamespace,
    }),
    cronJobs: createResourceCache({ ...shared('cronJobs'), ...ours, type: resourceTypes.cronJobs }),
    jobs: createResourceCache({ ...shared('jobs'), ...ours, type: resourceTypes.jobs }),
    pods: createResourceCache({ ...shared('pods'), ...ours, type: resourceTypes.pods }),
  };
}

const all = (caches: ClusterCaches): ResourceCache<never>[] => Object.values(caches);

export async function cachesSynced(caches: ClusterCaches): Promise<void> {
  await Promise.all(all(caches).map((cache) => cache.synced));
}

export async function stopCaches(caches: ClusterCaches): Promise<void> {
  await Promise.all(all(caches).map((cache) => cache.stop()));
}
