import type { Collection, JobSummary, Version } from '@backstay/shared';
import type { CollectionState } from '../../repository/collection-states.ts';
import type { StoredVersion } from '../../repository/repository-client.ts';

export interface ScheduleRef {
  namespace: string;
  name: string;
}

export function collectionView(state: CollectionState, schedules: readonly ScheduleRef[]): Collection {
  const newest = state.versions[0];
  return {
    name: state.name,
    description: state.resource.spec.description,
    maxVersions: state.usage.maxVersions,
    maxVersionBytes: state.usage.maxVersionBytes,
    maxTotalBytes: state.usage.maxTotalBytes,
    usedBytes: state.usage.usedBytes,
    versions: state.versions.length,
    ...(newest && { newest: versionView(newest) }),
    schedules: schedules.map(({ namespace, name }) => ({ namespace, name })),
  };
}

/** `job`: the one that stored it, where known. */
export function versionView(stored: StoredVersion, job?: JobSummary): Version {
  const seconds = job?.startedAt && job.finishedAt && (Date.parse(job.finishedAt) - Date.parse(job.startedAt)) / 1000;
  return {
    collection: stored.collectionId,
    number: stored.versionNumber,
    createdAt: new Date(stored.CreatedAt).toISOString(),
    sizeBytes: stored.filesize,
    ...(stored.sha256 !== undefined && { sha256: stored.sha256 }),
    uploadedBy: stored.user,
    ...(job && { job: { namespace: job.namespace, name: job.name } }),
    ...(typeof seconds === 'number' && { durationSeconds: seconds }),
  };
}
