import type { Container, ContainerState, ContainerStatus, JobCondition, Pod, PodPhase } from '@backstay/shared';
import { timestamp } from '../clock.ts';

/** Images do not run here; the status says so where Kubernetes names the image that ran. */
export const noImage = 'not used: the command runs as a local process';

export interface PodOutcome {
  phase: PodPhase;
  reason?: string;
  message?: string;
}

export const waitingStatus = (container: Container, reason: string): ContainerStatus => ({
  name: container.name,
  state: { waiting: { reason } },
  ready: false,
  started: false,
  restartCount: 0,
  image: container.image ?? '',
  imageID: noImage,
});

export const isRunning = (state: ContainerState | undefined): boolean => state?.running !== undefined;
const succeeded = (state: ContainerState | undefined): boolean => state?.terminated?.exitCode === 0;

const phaseNow = (containers: readonly ContainerStatus[]): PodPhase =>
  containers.some(({ state, restartCount }) => isRunning(state) || state?.terminated !== undefined || restartCount > 0)
    ? 'Running'
    : 'Pending';

const condition = (type: string, good: boolean, reason?: string): JobCondition => ({
  type,
  status: good ? 'True' : 'False',
  ...(good || reason === undefined ? {} : { reason }),
});

const conditionsOf = (parts: {
  init: readonly ContainerStatus[];
  containers: readonly ContainerStatus[];
  phase: PodPhase;
}): JobCondition[] => {
  const { init, containers, phase } = parts;
  const ended = phase === 'Succeeded' ? 'PodCompleted' : phase === 'Failed' ? 'PodFailed' : 'ContainersNotReady';
  const ready = containers.every(({ state }) => isRunning(state));
  return [
    condition('PodScheduled', true),
    condition(
      'Initialized',
      init.every(({ state }) => succeeded(state)),
      'ContainersNotInitialized',
    ),
    condition('ContainersReady', ready, ended),
    condition('Ready', ready, ended),
  ];
};

const keepTimes = (conditions: JobCondition[], before: readonly JobCondition[]): JobCondition[] =>
  conditions.map((next) => {
    const old = before.find(({ type }) => type === next.type);
    const lastTransitionTime = old?.status === next.status ? old.lastTransitionTime : undefined;
    return { ...next, lastProbeTime: undefined, lastTransitionTime: lastTransitionTime ?? timestamp(new Date()) };
  });

/** A Pod's whole status. `outcome` is set once the Pod has ended or its end is forced. */
export const buildStatus = (
  pod: Pod,
  parts: {
    init: readonly ContainerStatus[];
    containers: readonly ContainerStatus[];
    startTime: string;
    outcome?: PodOutcome;
  },
): NonNullable<Pod['status']> => {
  const { init, containers, startTime, outcome } = parts;
  const phase = outcome?.phase ?? phaseNow(containers);
  const { reason: _, message: __, ...before } = pod.status ?? {};
  return {
    ...before,
    ...outcome,
    phase,
    hostIP: '127.0.0.1',
    podIP: '127.0.0.1',
    startTime,
    conditions: keepTimes(conditionsOf({ init, containers, phase }), pod.status?.conditions ?? []),
    ...(init.length === 0 ? {} : { initContainerStatuses: [...init] }),
    containerStatuses: [...containers],
  };
};
