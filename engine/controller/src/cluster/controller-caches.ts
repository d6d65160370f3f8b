import {
  createResourceCache,
  type KubeClient,
  type ResourceCache,
  type ResourceCacheOptions,
} from '@backstay/kubernetes';
import {
  type ClusterBackupProcedureTemplate,
  type ConfigMap,
  type CronJob,
  type Job,
  type KubeObject,
  labels,
  type RequestedBackupAction,
  resourceTypes,
  type ScheduledBackup,
  type Secret,
} from '@backstay/shared';
import { summariseConfigMap, summariseJob, summariseSecret } from './summaries.ts';

/** What the controller knows of the cluster. Secrets and ConfigMaps are digests only. */
export interface ControllerCaches {
  scheduledBackups: ResourceCache<ScheduledBackup>;
  actions: ResourceCache<RequestedBackupAction>;
  templates: ResourceCache<ClusterBackupProcedureTemplate>;
  secrets: ResourceCache<Secret>;
  configMaps: ResourceCache<ConfigMap>;
  cronJobs: ResourceCache<CronJob>;
  jobs: ResourceCache<Job>;
}

export interface CacheSettings {
  client: KubeClient;
  /** Absent: the whole cluster. */
  namespace?: string;
  onError: (kind: string, error: unknown) => void;
  timing?: ResourceCacheOptions<KubeObject>['timing'];
}

export const createControllerCaches = ({ client, namespace, onError, timing }: CacheSettings): ControllerCaches => {
  const cache = <T extends KubeObject>(
    options: Pick<ResourceCacheOptions<T>, 'type' | 'transform' | 'labelSelector'>,
  ) =>
    createResourceCache<T>({
      client,
      timing,
      namespace: options.type.namespaced ? namespace : undefined,
      onError: (error) => onError(options.type.kind, error),
      ...options,
    });
  return {
    scheduledBackups: cache({ type: resourceTypes.scheduledBackups }),
    actions: cache({ type: resourceTypes.requestedBackupActions }),
    templates: cache({ type: resourceTypes.clusterBackupProcedureTemplates }),
    secrets: cache({ type: resourceTypes.secrets, transform: summariseSecret }),
    configMaps: cache({ type: resourceTypes.configMaps, transform: summariseConfigMap }),
    cronJobs: cache({ type: resourceTypes.cronJobs }),
    jobs: cache({
      type: resourceTypes.jobs,
      labelSelector: `${labels.backupMaker}=true`,
      transform: summariseJob,
    }),
  };
};

const all = (caches: ControllerCaches): Pick<ResourceCache<KubeObject>, 'synced' | 'stop' | 'fresh'>[] =>
  Object.values(caches);

export const synced = async (caches: ControllerCaches): Promise<void> => {
  await Promise.all(all(caches).map((cache) => cache.synced));
};

export const stopCaches = async (caches: ControllerCaches): Promise<void> => {
  await Promise.all(all(caches).map((cache) => cache.stop()));
};
