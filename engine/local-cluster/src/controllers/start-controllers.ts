import type { Logger } from 'pino';
import type { ObjectRegistry } from '../registry/object-registry.ts';
import { type Clock, systemClock } from './clock.ts';
import { indexByController } from './controlled-objects.ts';
import { startCronJobController } from './cron-job-controller.ts';
import { startClaimController, startServiceAccountController } from './defaults-controller.ts';
import { startDeploymentController } from './deployment-controller.ts';
import { startEventExpiry } from './event-expiry.ts';
import { startGarbageCollector } from './garbage-collector.ts';
import { startJobController } from './job-controller.ts';
import { startReplicaSetController } from './replica-set-controller.ts';
import { resources } from './resources.ts';
import { startTtlController } from './ttl-controller.ts';

export interface ControllersOptions {
  registry: ObjectRegistry;
  clock?: Clock;
  logger: Logger;
}

/** Runs what acts on the objects of the cluster by itself. It works at events and exact times only, and goes on where it
 * was stopped. */
export const startControllers = ({
  registry,
  clock = systemClock,
  logger,
}: ControllersOptions): { stop(): Promise<void> } => {
  // Before the controllers, which find the objects of an event in them.
  const pods = indexByController(registry, resources.pods);
  const jobs = indexByController(registry, resources.jobs);
  const replicaSets = indexByController(registry, resources.replicaSets);
  const context = { registry, clock, logger, pods, jobs, replicaSets };
  const stops = [
    startGarbageCollector(context),
    startServiceAccountController(context),
    startClaimController(context),
    startEventExpiry(context),
    startJobController(context),
    startCronJobController(context),
    startTtlController(context),
    startReplicaSetController(context),
    startDeploymentController(context),
    pods.stop,
    jobs.stop,
    replicaSets.stop,
  ];
  return {
    stop: async () => {
      for (const stop of stops) {
        stop();
      }
    },
  };
};
