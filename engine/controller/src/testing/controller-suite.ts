import type { KubeClient } from '@backstay/kubernetes';
import { waitUntil } from '@backstay/kubernetes/testing';
import {
  type BackupStatus,
  type Job,
  labels,
  type RequestedBackupAction,
  resourceTypes,
  type ScheduledBackup,
} from '@backstay/shared';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { installCustomResources } from '../install-custom-resources.ts';
import type { Logger } from '../logger.ts';
import { findCondition, installation } from '../plan/condition.ts';
import { type Controller, type ControllerOptions, startController } from '../start-controller.ts';
import { type TestCluster, testClusters } from './test-clusters.ts';

const { scheduledBackups, requestedBackupActions, secrets, configMaps, cronJobs, jobs, namespaces } = resourceTypes;

const collectingLogger = (): { logger: Logger; lines: string[] } => {
  const lines: string[] = [];
  const write = (details: object, message: string): void => {
    lines.push(`${message} ${JSON.stringify(details)}`);
  };
  return { lines, logger: { debug: write, info: write, warn: write, error: write } };
};

export const conditionOf = (object: { status?: BackupStatus }, type = installation) =>
  findCondition(object.status?.conditions, type);

/** A cluster, the controllers that a test starts in it, and what tests ask it. All of it about the newest namespace. */
export interface ControllerSuite {
  /** True where Pods really run; else a test plays the Job controller. */
  readonly runsPods: boolean;
  /** An empty namespace, and an administrator's client. */
  newNamespace(): Promise<{ client: KubeClient; namespace: string }>;
  /** With the rights of the role that is delivered, where the cluster can tell who asks. */
  start(options?: Partial<ControllerOptions>): Promise<Controller>;
  /** The client that controllers get. */
  limited(): KubeClient;
  stopAll(): Promise<void>;
  until(what: string, probe: () => Promise<boolean>): Promise<void>;
  /** The schedule is applied as its newest generation says. */
  applied(name?: string): Promise<void>;
  schedule(name?: string): Promise<ScheduledBackup>;
  actionNamed(name: string): Promise<RequestedBackupAction>;
  secretData(name: string): Promise<Record<string, string>>;
  childNames(): Promise<string[]>;
  onlyJob(): Promise<Job>;
  finish(job: Job, result: 'Complete' | 'Failed', more?: object): Promise<void>;
}

const endedStatus = (result: 'Complete' | 'Failed') => {
  const time = new Date().toISOString().replace(/\.\d+/, '');
  const before = result === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget';
  const conditions = [before, result].map((type) => ({
    ...{ type, status: 'True', reason: 'Test', message: '' },
    lastTransitionTime: time,
  }));
  const counts = result === 'Complete' ? { completionTime: time, succeeded: 1 } : { failed: 1 };
  return { startTime: time, ...counts, uncountedTerminatedPods: {}, conditions };
};

type Queries = Omit<ControllerSuite, 'runsPods' | 'newNamespace' | 'start' | 'limited' | 'stopAll'>;

const queriesOf = (place: { client: KubeClient; namespace: string }): Queries => {
  const at = (name: string) => ({ namespace: place.namespace, name });
  const until: Queries['until'] = (what, probe) => waitUntil(what, probe, 30_000);
  const schedule: Queries['schedule'] = (name = 'app1') => place.client.get(scheduledBackups, at(name));
  return {
    until,
    schedule,
    applied: (name) =>
      until('the schedule is applied', async () => {
        const object = await schedule(name);
        const condition = conditionOf(object);
        return condition?.status === 'True' && condition.observedGeneration === object.metadata.generation;
      }),
    actionNamed: (name) => place.client.get(requestedBackupActions, at(name)),
    secretData: async (name) => {
      const { data = {} } = await place.client.get(secrets, at(name));
      return Object.fromEntries(
        Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
      );
    },
    childNames: async () => {
      const { client, namespace } = place;
      const found = await Promise.all([
        client.list(secrets, { namespace }),
        client.list(configMaps, { namespace, labelSelector: labels.backupMaker }),
        client.list(cronJobs, { namespace }),
      ]);
      return found.flatMap(({ items }) => items.map(({ kind, metadata }) => `${kind} ${metadata.name}`));
    },
    onlyJob: async () => {
      const { items } = await place.client.list(jobs, { namespace: place.namespace });
      const [job] = items;
      if (job === undefined || items.length > 1) {
        throw new Error(`There are ${items.length} Jobs.`);
      }
      return job;
    },
    finish: async (job, result, more = {}) => {
      const body = { status: { ...endedStatus(result), ...more } };
      await place.client.mergePatch(jobs, job.metadata, { body, subresource: 'status' });
    },
  };
};

let count = 0;

/** Runs the tests in every cluster that there is; no value of a Secret may get into a log. */
export const describeController = (title: string, tests: (suite: ControllerSuite) => void): void => {
  for (const { name, available, runsPods, start: startCluster } of testClusters) {
    describe.skipIf(!available)(`${title} on ${name}`, () => {
      const place = {} as { client: KubeClient; namespace: string; limited: KubeClient };
      const controllers: Controller[] = [];
      const { logger, lines } = collectingLogger();
      let cluster: TestCluster | undefined;
      const stopAll = async (): Promise<void> => {
        await Promise.all(controllers.splice(0).map((controller) => controller.stop()));
      };
      beforeAll(async () => {
        cluster = await startCluster();
        await installCustomResources(cluster.client);
        Object.assign(place, cluster);
      });
      afterEach(stopAll);
      afterAll(async () => {
        await cluster?.stop();
        expect(lines.filter((line) => line.includes('canary'))).toEqual([]);
      });
      tests({
        ...queriesOf(place),
        runsPods,
        stopAll,
        limited: () => place.limited,
        newNamespace: async () => {
          count += 1;
          place.namespace = `test-${count}`;
          const metadata = { name: place.namespace };
          await place.client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata });
          return place;
        },
        start: async (options = {}) => {
          const { limited, namespace } = place;
          const controller = await startController({ client: limited, logger, namespace, ...options });
          controllers.push(controller);
          return controller;
        },
      });
    });
  }
};
