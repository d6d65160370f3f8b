import type { KubeObject } from '@backstay/shared';
import { timestamp } from '../clock.ts';
import { cloneJson } from '../json.ts';
import type { Kind } from '../kinds/kind.ts';
import { conflict, forbidden } from './api-error.ts';
import type { DeleteRequest } from './registry.ts';

export type DeletionPlan =
  | { kind: 'keep' }
  | { kind: 'mark'; object: KubeObject }
  | { kind: 'remove'; object: KubeObject };

interface Question {
  kind: Kind;
  old: KubeObject;
  request: DeleteRequest;
  now: Date;
}

const keptNamespaces = ['default', 'kube-system', 'kube-public'];

/** What a delete does to an object: nothing more, a mark that finalizers or a grace period hold it, or its end. */
export function planDeletion({ kind, old, request, now }: Question): DeletionPlan {
  checkPreconditions(kind, old, request);
  const next = cloneJson(old);
  if (kind.storageKey === 'namespaces') return planNamespace({ kind, old: next, request, now });
  const finalizers = finalizersFor(kind, old, request);
  if (finalizers.length > 0) next.metadata.finalizers = finalizers;
  else delete next.metadata.finalizers;
  const marked = old.metadata.deletionTimestamp !== undefined;
  const grace = graceFor({ kind, old, request, now });
  if (finalizers.length === 0 && grace === 0) return { kind: 'remove', object: next };
  if (marked && grace >= (old.metadata.deletionGracePeriodSeconds ?? 0)) {
    const same = JSON.stringify(old.metadata.finalizers ?? []) === JSON.stringify(finalizers);
    return same ? { kind: 'keep' } : { kind: 'mark', object: next };
  }
  return { kind: 'mark', object: mark(next, grace, now) };
}

function mark(object: KubeObject, grace: number, now: Date): KubeObject {
  object.metadata.deletionTimestamp = timestamp(new Date(now.getTime() + grace * 1000));
  object.metadata.deletionGracePeriodSeconds = grace;
  if (object.metadata.generation !== undefined) object.metadata.generation += 1;
  return object;
}

function graceFor({ kind, old, request }: Question): number {
  const asked = request.gracePeriodSeconds;
  const already = old.metadata.deletionGracePeriodSeconds;
  if (already !== undefined && asked === undefined) return already;
  return kind.strategy.gracePeriod?.(old, asked) ?? 0;
}

function finalizersFor(kind: Kind, old: KubeObject, request: DeleteRequest): string[] {
  const others = (old.metadata.finalizers ?? []).filter((name) => name !== 'orphan' && name !== 'foregroundDeletion');
  switch (request.propagationPolicy ?? kind.strategy.defaultPropagation) {
    case 'Orphan':
      return [...others, 'orphan'];
    case 'Foreground':
      return [...others, 'foregroundDeletion'];
    case 'Background':
      return others;
    default:
      return old.metadata.finalizers ?? [];
  }
}

function planNamespace({ kind, old, now }: Question): DeletionPlan {
  if (keptNamespaces.includes(old.metadata.name)) {
    throw forbidden(kind, old.metadata.name, 'this namespace may not be deleted');
  }
  if (old.metadata.deletionTimestamp !== undefined) return { kind: 'keep' };
  old.metadata.deletionTimestamp = timestamp(now);
  old['status'] = { phase: 'Terminating' };
  return { kind: 'mark', object: old };
}

function checkPreconditions(kind: Kind, old: KubeObject, { preconditions }: DeleteRequest): void {
  const { uid, resourceVersion } = preconditions ?? {};
  const { name, uid: actual, resourceVersion: current } = old.metadata;
  if (uid !== undefined && uid !== actual) {
    throw conflict(kind, name, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${actual}`);
  }
  if (resourceVersion !== undefined && resourceVersion !== current) {
    throw conflict(
      kind,
      name,
      `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${current}`,
    );
  }
}
