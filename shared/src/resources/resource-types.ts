import type { BackupCollection } from './backup-collection.ts';
import type { BackupUser } from './backup-user.ts';
import type { ClusterBackupProcedureTemplate } from './cluster-backup-procedure-template.ts';
import type { KubeObject, ResourceType } from './kube-object.ts';
import type {
  ConfigMap,
  CronJob,
  Event,
  Job,
  Lease,
  Namespace,
  Pod,
  Secret,
  ServiceAccount,
} from './kubernetes-objects.ts';
import type { RequestedBackupAction } from './requested-backup-action.ts';
import type { ScheduledBackup } from './scheduled-backup.ts';

export const engineGroup = 'riotkit.org';
export const repositoryGroup = 'backups.riotkit.org';

const type = <T extends KubeObject>(apiVersion: string, kind: T['kind'], plural: string): ResourceType<T> => ({
  apiVersion,
  kind,
  plural,
  namespaced: true,
});

const clusterWide = <T extends KubeObject>(of: ResourceType<T>): ResourceType<T> => ({ ...of, namespaced: false });

/** Every kind that Backstay reads or writes. */
export const resourceTypes = {
  namespaces: clusterWide(type<Namespace>('v1', 'Namespace', 'namespaces')),
  secrets: type<Secret>('v1', 'Secret', 'secrets'),
  configMaps: type<ConfigMap>('v1', 'ConfigMap', 'configmaps'),
  pods: type<Pod>('v1', 'Pod', 'pods'),
  events: type<Event>('v1', 'Event', 'events'),
  serviceAccounts: type<ServiceAccount>('v1', 'ServiceAccount', 'serviceaccounts'),
  leases: type<Lease>('coordination.k8s.io/v1', 'Lease', 'leases'),
  jobs: type<Job>('batch/v1', 'Job', 'jobs'),
  cronJobs: type<CronJob>('batch/v1', 'CronJob', 'cronjobs'),
  customResourceDefinitions: clusterWide(
    type<KubeObject>('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'customresourcedefinitions'),
  ),
  scheduledBackups: type<ScheduledBackup>('riotkit.org/v1alpha1', 'ScheduledBackup', 'scheduledbackups'),
  requestedBackupActions: type<RequestedBackupAction>(
    'riotkit.org/v1alpha1',
    'RequestedBackupAction',
    'requestedbackupactions',
  ),
  clusterBackupProcedureTemplates: clusterWide(
    type<ClusterBackupProcedureTemplate>(
      'riotkit.org/v1alpha1',
      'ClusterBackupProcedureTemplate',
      'clusterbackupproceduretemplates',
    ),
  ),
  backupCollections: type<BackupCollection>('backups.riotkit.org/v1alpha1', 'BackupCollection', 'backupcollections'),
  backupUsers: type<BackupUser>('backups.riotkit.org/v1alpha1', 'BackupUser', 'backupusers'),
} as const;
