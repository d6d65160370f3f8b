import type { Pod } from '@backstay/shared';
import { cloneJson, sameJson } from '../json.ts';
import type { ControllerContext } from './controller-context.ts';
import { createEventRecorder, type RecordEvent } from './event-recorder.ts';
import { isActive, isReady } from './job-pods.ts';
import { createReconciler } from './reconciler.ts';
import { controlledBy, controllerOf, keyOf, mutate, placeOf, remove, resources, splitKey } from './resources.ts';
import { stopAll } from './stop-all.ts';
import { countPods, type Workload } from './workload.ts';

interface Work {
  context: ControllerContext;
  record: RecordEvent;
  replicaSet: Workload;
}

const podFor = (replicaSet: Workload): Pod => {
  const { metadata = {}, spec } = cloneJson(replicaSet.spec.template);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...metadata,
      name: '',
      generateName: `${replicaSet.metadata.name}-`,
      namespace: replicaSet.metadata.namespace ?? '',
      ownerReferences: [controlledBy(replicaSet)],
    },
    spec,
  };
};

const deletePod = ({ context, record, replicaSet }: Work, pod: Pod): void => {
  remove(context.registry, resources.pods, { place: placeOf(pod) });
  record(replicaSet, { reason: 'SuccessfulDelete', message: `Deleted pod: ${pod.metadata.name}` });
};

const balance = (work: Work, pods: readonly Pod[]): void => {
  const { context, record, replicaSet } = work;
  const active = pods.filter(isActive);
  const wanted = replicaSet.spec.replicas ?? 1;
  for (let count = active.length; count < wanted; count += 1) {
    const pod = context.registry.create(resources.pods, podFor(replicaSet));
    record(replicaSet, { reason: 'SuccessfulCreate', message: `Created pod: ${pod.metadata.name}` });
  }
  const notReadyFirst = [...active].sort((a, b) => Number(isReady(a)) - Number(isReady(b)));
  for (const pod of notReadyFirst.slice(0, Math.max(0, active.length - wanted))) {
    deletePod(work, pod);
  }
};

const saveStatus = ({ context, replicaSet }: Work): void => {
  const { replicas, readyReplicas } = countPods(context.pods.of(replicaSet) as Pod[]);
  const status = {
    replicas,
    fullyLabeledReplicas: replicas,
    readyReplicas,
    availableReplicas: readyReplicas,
    observedGeneration: replicaSet.metadata.generation,
  };
  if (!sameJson(replicaSet.status ?? {}, status)) {
    mutate(context.registry, {
      resource: resources.replicaSets,
      place: placeOf(replicaSet),
      subresource: 'status',
      change: (copy) => {
        copy['status'] = status;
      },
    });
  }
};

const reconcile = (context: ControllerContext, record: RecordEvent, key: string): undefined => {
  const { namespace, name } = splitKey(key);
  const replicaSet = context.registry.get(resources.replicaSets, namespace, name) as Workload | undefined;
  if (replicaSet === undefined) {
    return;
  }
  const work: Work = { context, record, replicaSet };
  const pods = context.pods.of(replicaSet) as Pod[];
  if (replicaSet.metadata.deletionTimestamp === undefined) {
    // What has ended is replaced, so nobody needs it any more.
    for (const pod of pods.filter((each) => !isActive(each) && each.metadata.deletionTimestamp === undefined)) {
      deletePod(work, pod);
    }
    balance(work, pods);
  }
  saveStatus(work);
};

/** Keeps as many Pods of a ReplicaSet as it wants. Returns what stops it. */
export const startReplicaSetController = (context: ControllerContext): (() => void) => {
  const { registry } = context;
  const record = createEventRecorder({ ...context, component: 'replicaset-controller' });
  const replicaSets = createReconciler({
    ...context,
    name: 'replicaset',
    reconcile: (key) => reconcile(context, record, key),
  });
  const stops = [
    registry.subscribe(resources.replicaSets, ({ object }) => replicaSets.enqueue(keyOf(object))),
    registry.subscribe(resources.pods, ({ object }) => {
      const owner = controllerOf(object);
      if (owner?.kind === 'ReplicaSet') {
        replicaSets.enqueue(`${object.metadata.namespace ?? ''}/${owner.name}`);
      }
    }),
  ];
  for (const replicaSet of registry.list(resources.replicaSets).items) {
    replicaSets.enqueue(keyOf(replicaSet));
  }
  return stopAll([...stops, replicaSets.stop]);
};
