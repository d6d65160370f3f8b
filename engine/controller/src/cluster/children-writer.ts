import type { KubeClient, ResourceCache } from '@backstay/kubernetes';
import type { KubeObject, Secret } from '@backstay/shared';
import { contains } from '../plan/canonical.ts';
import { childType } from '../plan/child-kinds.ts';
import { appliedAnnotation, childKey } from '../plan/children.ts';
import { ReconcileProblem } from '../plan/condition.ts';
import { isForeign, toPrune } from '../plan/ownership.ts';
import { adopt } from './adopt.ts';
import type { ControllerCaches } from './controller-caches.ts';
import { statusOf } from './errors.ts';
import { fieldManager } from './field-manager.ts';
import { createOwnerIndex } from './owner-index.ts';
import { dataDigest, digestOf, fingerprint } from './summaries.ts';

export interface ApplyResult {
  created: KubeObject[];
  updated: KubeObject[];
  /** Child key -> fingerprint, as the cluster answered. */
  fingerprints: Map<string, string>;
}

const cacheOf = (caches: ControllerCaches, kind: string) => {
  const byKind: Record<string, { get(namespace: string | undefined, name: string): KubeObject | undefined }> = {
    Secret: caches.secrets,
    ConfigMap: caches.configMaps,
    CronJob: caches.cronJobs,
    Job: caches.jobs,
  };
  return byKind[kind];
};

export const liveChild = (caches: ControllerCaches, child: KubeObject): KubeObject | undefined =>
  cacheOf(caches, child.kind)?.get(child.metadata.namespace, child.metadata.name);

const sameContent = (live: KubeObject, child: KubeObject): boolean => {
  if (child.kind === 'Secret' || child.kind === 'ConfigMap') {
    return digestOf(live) === dataDigest((child as Secret).data);
  }
  return contains(live['spec'], child['spec']);
};

/** The annotation notices fields that were taken away, the comparison what somebody else changed. */
const isCurrent = (live: KubeObject, child: KubeObject): boolean =>
  live.metadata.annotations?.[appliedAnnotation] === child.metadata.annotations?.[appliedAnnotation] &&
  contains(live.metadata, child.metadata) &&
  sameContent(live, child);

/** Of an answer that says what is wrong with the object, and that a repeated request will not change. */
const refusal = (error: unknown, child: KubeObject): Error => {
  const what = `${child.kind} "${child.metadata.name}"`;
  const status = statusOf(error);
  if (!(error instanceof Error) || status === undefined || ![400, 403, 404, 409, 422].includes(status)) {
    return error instanceof Error ? error : new Error(String(error));
  }
  if (status === 404 && childType(child)?.apiVersion.includes('.')) {
    const message = `The cluster does not know the kind ${child.kind} (${child.apiVersion}). Install its CustomResourceDefinition.`;
    return new ReconcileProblem('ApplyFailed', message, { cause: error });
  }
  return new ReconcileProblem('ApplyFailed', `${what} was refused: ${error.message}`, { cause: error });
};

/** Writes what differs, by server-side apply, and deletes owned objects that are no longer wanted. */
export interface ChildrenWriter {
  apply(owner: KubeObject, children: readonly KubeObject[]): Promise<ApplyResult>;
  prune(owner: KubeObject, children: readonly KubeObject[]): Promise<KubeObject[]>;
}

const applyOne = async (
  client: KubeClient,
  owner: KubeObject,
  { child, live }: { child: KubeObject; live?: KubeObject },
) => {
  const type = childType(child);
  if (type === undefined) {
    throw new Error(`No resource type for ${child.kind}.`);
  }
  if (live !== undefined && isForeign(live, owner)) {
    throw new ReconcileProblem(
      'ApplyFailed',
      `${child.kind} "${child.metadata.name}" exists already and belongs to something else. Rename the resource, or set HelmValues.name.`,
    );
  }
  try {
    if (live !== undefined && live.metadata.annotations?.[appliedAnnotation] === undefined) {
      await adopt(client, type, child);
    }
    return await client.apply(type, child, { fieldManager, force: true });
  } catch (error) {
    throw refusal(error, child);
  }
};

const isGone = (error: unknown): boolean => [404, 409].includes(statusOf(error) ?? 0);

export const createChildrenWriter = (client: KubeClient, caches: ControllerCaches): ChildrenWriter => {
  const prunable = [caches.cronJobs, caches.configMaps, caches.secrets].map((cache) =>
    createOwnerIndex(cache as ResourceCache<KubeObject>),
  );
  return {
    apply: async (owner, children) => {
      const result: ApplyResult = { created: [], updated: [], fingerprints: new Map() };
      for (const child of children) {
        const live = liveChild(caches, child);
        if (live !== undefined && isCurrent(live, child)) {
          result.fingerprints.set(childKey(child), fingerprint(live));
          continue;
        }
        const written = await applyOne(client, owner, { child, live });
        (live === undefined ? result.created : result.updated).push(child);
        result.fingerprints.set(childKey(child), fingerprint(written));
      }
      return result;
    },
    prune: async (owner, children) => {
      const { namespace } = owner.metadata;
      const candidates = prunable
        .flatMap((index) => index.ownedBy(owner))
        .filter(({ metadata }) => metadata.namespace === namespace);
      const gone = toPrune(candidates, owner, new Set(children.map(childKey)));
      for (const object of gone) {
        const type = childType(object);
        try {
          await (type && client.delete(type, object.metadata, { uid: object.metadata.uid }));
        } catch (error) {
          if (!isGone(error)) {
            throw error;
          }
        }
      }
      return gone;
    },
  };
};
