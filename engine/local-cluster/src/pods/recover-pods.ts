import { readdirSync } from 'node:fs';
import type { Pod } from '@backstay/shared';
import type { Logger } from 'pino';
import { timestamp } from '../clock.ts';
import { mutate, placeOf, resources } from '../controllers/resources.ts';
import type { Registry } from '../registry/registry.ts';
import { podFolder } from './pod-folder.ts';
import { interrupted } from './pod-worker.ts';
import { readRecords, removeRecords } from './process-records.ts';
import { killMarked, signalGroup, startOf } from './process-table.ts';
import { removeOwnVolumes } from './volumes.ts';

const uidPattern = /^[0-9a-f-]{36}$/;

export const isEnded = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

/** Uids of the Pods that have a folder. */
export const podsOnDisk = (pods: string): string[] => {
  try {
    return readdirSync(pods).filter((name) => uidPattern.test(name));
  } catch {
    return [];
  }
};

/** Ends what an earlier run of the program left running. It has ended when this returns. */
export const killSurvivors = (pods: string, uids: readonly string[]): number => {
  let killed = 0;
  for (const uid of uids) {
    for (const { pid, started } of readRecords(podFolder(pods, uid)).processes) {
      // While anything of a group lives, no other process gets its number.
      const now = startOf(pid);
      if ((now === started || now === undefined) && signalGroup(pid, 'SIGKILL')) {
        killed += 1;
      }
    }
  }
  return killed + killMarked(new Set(uids));
};

const interruptedState = (finishedAt: string) => ({
  terminated: { exitCode: 137, reason: 'Error', message: interrupted.message, finishedAt },
});

const markInterrupted = (registry: Registry, pod: Pod): void => {
  const finishedAt = timestamp(new Date());
  mutate(registry, {
    resource: resources.pods,
    place: placeOf(pod),
    subresource: 'status',
    change: (copy) => {
      const { status } = copy as Pod;
      for (const container of [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]) {
        if (container.state?.running !== undefined) {
          container.state = interruptedState(finishedAt);
        }
        container.ready = false;
        container.started = false;
      }
      const conditions = status?.conditions?.map((condition) =>
        condition.type.endsWith('Ready') ? { ...condition, status: 'False', reason: 'PodFailed' } : condition,
      );
      copy['status'] = { ...status, ...interrupted, ...(conditions === undefined ? {} : { conditions }) };
    },
  });
};

/** Brings Pods and disk in agreement after a crash: nothing of an earlier run lives, and what was at work has failed. */
export const recoverPods = (registry: Registry, pods: string, logger: Logger): void => {
  const killed = killSurvivors(pods, podsOnDisk(pods));
  if (killed > 0) {
    logger.warn({ killed }, 'Processes that outlived the program were ended');
  }
  for (const pod of registry.list(resources.pods).items as Pod[]) {
    const folder = podFolder(pods, pod.metadata.uid ?? '');
    if (!isEnded(pod) && (pod.status?.phase === 'Running' || readRecords(folder).started)) {
      logger.warn({ namespace: pod.metadata.namespace, pod: pod.metadata.name }, interrupted.message);
      markInterrupted(registry, pod);
      removeRecords(folder);
      removeOwnVolumes(folder);
    } else if (isEnded(pod)) {
      removeOwnVolumes(folder);
    }
  }
};
