import type { KubeObject } from '@backstay/shared';
import { ownershipAfterUpdate } from '../apply/managers.ts';
import type { Kind } from '../kinds/kind.ts';
import { apiVersionOf } from '../kinds/kind.ts';

export interface Ownership {
  kind: Kind;
  next: KubeObject;
  old?: KubeObject;
  manager: string;
  subresource?: string;
  time: string;
}

/** metadata.managedFields after a write that is not an apply: the writer owns what it changed. */
export function trackOwnership({ kind, next, old, manager, subresource, time }: Ownership): unknown[] {
  return ownershipAfterUpdate({
    schema: kind.schema,
    next,
    ...(old ? { old } : {}),
    writer: { manager, operation: 'Update', apiVersion: apiVersionOf(kind), ...(subresource ? { subresource } : {}) },
    time,
  });
}
