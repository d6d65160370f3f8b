import type { KubeObject } from '@backstay/shared';
import { arrayAt, at, ensureObject, isObject, type JsonObject, objectAt, sameJson, stringAt } from '../json.ts';
import { type Cause, forbiddenValue } from '../registry/api-error.ts';
import { age } from './columns.ts';
import type { Column, Strategy } from './kind.ts';
import { containersOf, defaultPodSpec, validatePodSpec } from './pod-spec.ts';

/** Name of the one node: every Pod is assigned to it. */
export const localNodeName = 'local';

const updatable =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

export const podStrategy: Strategy = {
  generation: true,
  defaults(object) {
    const spec = ensureObject(object, 'spec');
    defaultPodSpec(spec);
    spec['enableServiceLinks'] ??= true;
  },
  prepareCreate(pod) {
    const spec = ensureObject(pod, 'spec');
    if (!spec['serviceAccountName']) {
      spec['serviceAccountName'] = 'default';
      spec['serviceAccount'] = 'default';
    }
    spec['nodeName'] ??= localNodeName;
    spec['preemptionPolicy'] ??= 'PreemptLowerPriority';
    spec['priority'] ??= 0;
    pod['status'] = { phase: 'Pending', qosClass: qosClass(spec) };
  },
  validate(pod, old) {
    const spec = objectAt(pod, 'spec') ?? {};
    const causes = validatePodSpec(spec, 'spec');
    return old ? [...causes, ...validateUpdate(spec, objectAt(old, 'spec') ?? {})] : causes;
  },
  gracePeriod(pod, asked) {
    const phase = stringAt(pod, 'status', 'phase');
    if (phase === 'Succeeded' || phase === 'Failed') return 0;
    const own = at(pod, 'spec', 'terminationGracePeriodSeconds');
    return Math.max(0, asked ?? (typeof own === 'number' ? own : 30));
  },
};

function qosClass(spec: JsonObject): string {
  const all = containersOf(spec).map((container) => container['resources']);
  const members = all.flatMap((resources) => [objectAt(resources, 'limits'), objectAt(resources, 'requests')]);
  if (members.every((member) => !member || Object.keys(member).length === 0)) return 'BestEffort';
  const guaranteed = all.every((resources) => {
    const limits = objectAt(resources, 'limits');
    const complete = limits !== undefined && ['cpu', 'memory'].every((name) => name in limits);
    return complete && sameJson(limits, objectAt(resources, 'requests') ?? limits);
  });
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

function validateUpdate(spec: JsonObject, old: JsonObject): Cause[] {
  const fixed = (of: JsonObject) => ({
    ...of,
    activeDeadlineSeconds: undefined,
    tolerations: undefined,
    containers: arrayAt(of, 'containers').map(withoutImage),
    initContainers: arrayAt(of, 'initContainers').map(withoutImage),
  });
  return sameJson(fixed(spec), fixed(old)) ? [] : [forbiddenValue('spec', updatable)];
}

const withoutImage = (container: unknown): unknown =>
  isObject(container) ? { ...container, image: undefined } : container;

const statuses = (pod: KubeObject) => arrayAt(pod, 'status', 'containerStatuses');

function podReason(pod: KubeObject): string {
  if (pod.metadata.deletionTimestamp) return 'Terminating';
  for (const status of statuses(pod)) {
    const reason = stringAt(status, 'state', 'waiting', 'reason') ?? stringAt(status, 'state', 'terminated', 'reason');
    if (reason) return reason;
    const code = at(status, 'state', 'terminated', 'exitCode');
    if (code !== undefined) return `ExitCode:${code}`;
  }
  return stringAt(pod, 'status', 'reason') ?? stringAt(pod, 'status', 'phase') ?? 'Unknown';
}

const total = (pod: KubeObject) => arrayAt(pod, 'spec', 'containers').length;
const ready = (pod: KubeObject) => statuses(pod).filter((status) => at(status, 'ready') === true).length;
const restarts = (pod: KubeObject) =>
  statuses(pod).reduce((sum: number, status) => sum + Number(at(status, 'restartCount') ?? 0), 0);

export const podColumns: Column[] = [
  { name: 'Ready', type: 'string', cell: (pod) => `${ready(pod)}/${total(pod)}` },
  { name: 'Status', type: 'string', cell: podReason },
  { name: 'Restarts', type: 'string', cell: (pod) => String(restarts(pod)) },
  age,
  { name: 'IP', type: 'string', priority: 1, cell: (pod) => stringAt(pod, 'status', 'podIP') ?? '<none>' },
  { name: 'Node', type: 'string', priority: 1, cell: (pod) => stringAt(pod, 'spec', 'nodeName') ?? '<none>' },
  {
    name: 'Nominated Node',
    type: 'string',
    priority: 1,
    cell: (pod) => stringAt(pod, 'status', 'nominatedNodeName') ?? '<none>',
  },
  { name: 'Readiness Gates', type: 'string', priority: 1, cell: () => '<none>' },
];
