import { createHash } from 'node:crypto';
import type { Pod } from '@backstay/shared';
import { timestamp } from '../clock.ts';
import { arrayAt, at, cloneJson, isObject, sameJson } from '../json.ts';
import type { ControllerContext } from './controller-context.ts';
import { createEventRecorder, type RecordEvent } from './event-recorder.ts';
import { createReconciler } from './reconciler.ts';
import { controlledBy, controllerOf, keyOf, mutate, placeOf, remove, resources, splitKey } from './resources.ts';
import { stopAll } from './stop-all.ts';
import { countPods, type Workload } from './workload.ts';

const hashLabel = 'pod-template-hash';
const revisionAnnotation = 'deployment.kubernetes.io/revision';

interface Work {
  context: ControllerContext;
  record: RecordEvent;
  deployment: Workload;
  replicaSets: Workload[];
}

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  return isObject(value)
    ? Object.fromEntries(
        Object.entries(value)
          .sort()
          .map(([key, member]) => [key, sorted(member)]),
      )
    : value;
};
const hashOf = ({ spec }: Workload): string =>
  createHash('sha256')
    .update(JSON.stringify(sorted(spec.template)))
    .digest('hex')
    .slice(0, 10);

const revisionOf = ({ metadata }: Workload): number => Number(metadata.annotations?.[revisionAnnotation] ?? 0);

const replicaSetFor = ({ deployment, replicaSets }: Work): Workload => {
  const { spec, metadata } = cloneJson(deployment);
  const hash = hashOf(deployment);
  const labels = { ...spec.template.metadata?.labels, [hashLabel]: hash };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${metadata.name}-${hash}`,
      namespace: metadata.namespace ?? '',
      labels,
      annotations: { [revisionAnnotation]: String(Math.max(0, ...replicaSets.map(revisionOf)) + 1) },
      ownerReferences: [controlledBy(deployment)],
    },
    spec: {
      replicas: spec.replicas ?? 1,
      selector: { matchLabels: { ...spec.selector?.matchLabels, [hashLabel]: hash } },
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
  };
};

const scale = ({ context, record, deployment }: Work, replicaSet: Workload, replicas: number): void => {
  if (replicaSet.spec.replicas === replicas) {
    return;
  }
  mutate(context.registry, {
    resource: resources.replicaSets,
    place: placeOf(replicaSet),
    change: (copy) => {
      (copy as Workload).spec.replicas = replicas;
    },
  });
  const message = `Scaled replica set ${replicaSet.metadata.name} from ${replicaSet.spec.replicas ?? 1} to ${replicas}`;
  record(deployment, { reason: 'ScalingReplicaSet', message });
};

const currentReplicaSet = (work: Work): Workload => {
  const { context, record, deployment, replicaSets } = work;
  const name = `${deployment.metadata.name}-${hashOf(deployment)}`;
  const existing = replicaSets.find(({ metadata }) => metadata.name === name);
  if (existing !== undefined) {
    return existing;
  }
  const made = context.registry.create(resources.replicaSets, replicaSetFor(work)) as Workload;
  const message = `Scaled up replica set ${name} to ${made.spec.replicas ?? 1}`;
  record(deployment, { reason: 'ScalingReplicaSet', message });
  return made;
};

/** The new ones come up first; the old ones go when those are ready, or at once with strategy Recreate. */
const rollOut = (work: Work, current: Workload): void => {
  const { context, deployment } = work;
  const wanted = deployment.spec.replicas ?? 1;
  const old = work.replicaSets.filter(({ metadata }) => metadata.name !== current.metadata.name);
  scale(work, current, wanted);
  const ready = countPods(context.pods.of(current) as Pod[]).readyReplicas;
  if (ready >= wanted || at(deployment, 'spec', 'strategy', 'type') === 'Recreate') {
    for (const each of old) {
      scale(work, each, 0);
    }
  }
  const idle = old
    .filter((each) => (each.spec.replicas ?? 1) === 0 && (context.pods.of(each) as Pod[]).length === 0)
    .sort((a, b) => revisionOf(b) - revisionOf(a));
  for (const each of idle.slice(deployment.spec.revisionHistoryLimit ?? 10)) {
    remove(context.registry, resources.replicaSets, { place: placeOf(each), propagationPolicy: 'Background' });
  }
};

const conditionsOf = ({ context, deployment }: Work, available: boolean, complete: boolean): unknown[] => {
  const now = timestamp(context.clock.now());
  const before = arrayAt(deployment, 'status', 'conditions');
  const make = (type: string, good: boolean, texts: [reason: string, message: string]) => {
    const status = good ? 'True' : 'False';
    const same = before.find(
      (each) => at(each, 'type') === type && at(each, 'status') === status && at(each, 'reason') === texts[0],
    );
    return same ?? { type, status, reason: texts[0], message: texts[1], lastUpdateTime: now, lastTransitionTime: now };
  };
  return [
    available
      ? make('Available', true, ['MinimumReplicasAvailable', 'Deployment has minimum availability.'])
      : make('Available', false, ['MinimumReplicasUnavailable', 'Deployment does not have minimum availability.']),
    complete
      ? make('Progressing', true, ['NewReplicaSetAvailable', 'The newest replica set has successfully progressed.'])
      : make('Progressing', true, ['ReplicaSetUpdated', 'The newest replica set is progressing.']),
  ];
};

const saveStatus = (work: Work, current: Workload): void => {
  const { context, deployment } = work;
  const { registry } = context;
  const wanted = deployment.spec.replicas ?? 1;
  const all = countPods(work.replicaSets.flatMap((each) => context.pods.of(each) as Pod[]));
  const updated = countPods(context.pods.of(current) as Pod[]);
  const status = {
    observedGeneration: deployment.metadata.generation,
    replicas: all.replicas,
    updatedReplicas: updated.replicas,
    readyReplicas: all.readyReplicas,
    availableReplicas: all.readyReplicas,
    unavailableReplicas: Math.max(0, wanted - all.readyReplicas),
    conditions: conditionsOf(
      work,
      all.readyReplicas >= wanted,
      updated.readyReplicas >= wanted && all.replicas === wanted,
    ),
  };
  if (!sameJson(deployment.status ?? {}, status)) {
    mutate(registry, {
      resource: resources.deployments,
      place: placeOf(deployment),
      subresource: 'status',
      change: (copy) => {
        copy['status'] = status;
      },
    });
  }
};

const reconcile = (context: ControllerContext, record: RecordEvent, key: string): undefined => {
  const { namespace, name } = splitKey(key);
  const { registry } = context;
  const deployment = registry.get(resources.deployments, namespace, name) as Workload | undefined;
  if (deployment === undefined || deployment.metadata.deletionTimestamp !== undefined) {
    return;
  }
  const owned = () => context.replicaSets.of(deployment) as Workload[];
  const work: Work = { context, record, deployment, replicaSets: owned() };
  const current = currentReplicaSet(work);
  rollOut(work, current);
  saveStatus({ ...work, replicaSets: owned() }, current);
};

/** Keeps a ReplicaSet of a Deployment's template, and replaces the one of an earlier template. Returns what stops it. */
export const startDeploymentController = (context: ControllerContext): (() => void) => {
  const { registry } = context;
  const record = createEventRecorder({ ...context, component: 'deployment-controller' });
  const deployments = createReconciler({
    ...context,
    name: 'deployment',
    reconcile: (key) => reconcile(context, record, key),
  });
  const stops = [
    registry.subscribe(resources.deployments, ({ object }) => deployments.enqueue(keyOf(object))),
    registry.subscribe(resources.replicaSets, ({ object }) => {
      const owner = controllerOf(object);
      if (owner?.kind === 'Deployment') {
        deployments.enqueue(`${object.metadata.namespace ?? ''}/${owner.name}`);
      }
    }),
  ];
  for (const deployment of registry.list(resources.deployments).items) {
    deployments.enqueue(keyOf(deployment));
  }
  return stopAll([...stops, deployments.stop]);
};
