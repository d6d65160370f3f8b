import type { KubeClient } from '@backstay/kubernetes';
import type { KubeObject, ResourceType } from '@backstay/shared';
import { fieldManager } from './field-manager.ts';

interface ManagedFields {
  manager?: string;
  operation?: string;
  subresource?: string;
}

const isOwnWrite = ({ operation, subresource }: ManagedFields): boolean =>
  operation === 'Update' && subresource === undefined;

/**
 * Takes over a child that an older controller wrote as a whole: its fields become ours, so that the next apply also removes what
 * is no longer wanted. Without this they would stay for ever, for server-side apply removes nobody else's fields.
 */
export const adopt = async (client: KubeClient, type: ResourceType, child: KubeObject): Promise<void> => {
  const live = await client.get(type, child.metadata);
  const managers = (live.metadata.managedFields ?? []) as ManagedFields[];
  const writers = managers.filter(isOwnWrite);
  const isApplied = managers.some(({ manager, operation }) => manager === fieldManager && operation === 'Apply');
  if (writers.length !== 1 || isApplied) {
    return;
  }
  const managedFields = managers.map((entry) =>
    isOwnWrite(entry) ? { ...entry, manager: fieldManager, operation: 'Apply' } : entry,
  );
  const { resourceVersion } = live.metadata;
  await client.mergePatch(type, child.metadata, { body: { metadata: { resourceVersion, managedFields } } });
};
