import type { KubeClient } from '@backstay/kubernetes';
import type { BackupStatus, KubeObject, ResourceType } from '@backstay/shared';
import { contentHash } from '../plan/canonical.ts';
import { isConflict, isNotFound } from './errors.ts';

type WithStatus = KubeObject & { status?: object };

export type Written = 'written' | 'unchanged' | 'conflict' | 'gone';

/**
 * Patches the fields of a status that changed, and no others, on the version that was looked at: a `conflict` means that
 * somebody else was faster, and the caller looks again.
 */
export interface StatusWriter {
  /** The newer of the cached object and what was written last. */
  latest<T extends WithStatus>(cached: T): T;
  write<T extends WithStatus>(type: ResourceType<T>, object: T, status: Partial<BackupStatus>): Promise<Written>;
  forget(uid: string | undefined): void;
}

/** `undefined` takes a field away. */
const changes = (before: Record<string, unknown>, after: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(after)
      .filter(([field, value]) => contentHash([before[field]]) !== contentHash([value]))
      .map(([field, value]) => [field, value ?? null]),
  );

export const createStatusWriter = (client: KubeClient): StatusWriter => {
  const own = new Map<string, { basedOn: string | undefined; object: WithStatus }>();
  return {
    latest: <T extends WithStatus>(cached: T): T => {
      const written = own.get(cached.metadata.uid ?? '');
      if (written === undefined) {
        return cached;
      }
      if (written.basedOn === cached.metadata.resourceVersion) {
        return written.object as T;
      }
      own.delete(cached.metadata.uid ?? '');
      return cached;
    },
    write: async (type, object, status) => {
      const { resourceVersion, uid, namespace, name } = object.metadata;
      const changed = changes({ ...object.status }, status);
      if (Object.keys(changed).length === 0) {
        return 'unchanged';
      }
      try {
        const body = { metadata: { resourceVersion, uid }, status: changed };
        const written = await client.mergePatch(type, { namespace, name }, { body, subresource: 'status' });
        const chained = own.get(uid ?? '');
        const basedOn =
          chained?.object.metadata.resourceVersion === resourceVersion ? chained?.basedOn : resourceVersion;
        own.set(uid ?? '', { basedOn, object: { ...written, apiVersion: object.apiVersion, kind: object.kind } });
        return 'written';
      } catch (error) {
        if (isNotFound(error)) {
          return 'gone';
        }
        if (isConflict(error)) {
          return 'conflict';
        }
        throw error;
      }
    },
    forget: (uid) => {
      own.delete(uid ?? '');
    },
  };
};
