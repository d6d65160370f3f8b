import type { KubeClient } from '@backstay/kubernetes';
import { waitUntil } from '@backstay/kubernetes/testing';
import {
  type BackupStatus,
  type CronJob,
  type Job,
  labels,
  type RequestedBackupAction,
  resourceTypes,
  type ScheduledBackup,
} from '@backstay/shared';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { installCustomResources } from './install-custom-resources.ts';
import { derivePublicKey, generateKeyPair } from './keys/openpgp.ts';
import type { Logger } from './logger.ts';
import { findCondition, installation, keyPair } from './plan/condition.ts';
import { type Controller, type ControllerOptions, startController } from './start-controller.ts';
import { countingClient } from './testing/counting-client.ts';
import { action, existingSchedule, keysSecret, template } from './testing/existing-user.ts';
import { type TestCluster, testClusters } from './testing/test-clusters.ts';

const {
  scheduledBackups,
  requestedBackupActions,
  clusterBackupProcedureTemplates,
  secrets,
  configMaps,
  cronJobs,
  jobs,
  events,
  namespaces,
} = resourceTypes;

const collectingLogger = (): { logger: Logger; lines: string[] } => {
  const lines: string[] = [];
  const write = (details: object, message: string): void => {
    lines.push(`${message} ${JSON.stringify(details)}`);
  };
  return { lines, logger: { debug: write, info: write, warn: write, error: write } };
};

const conditionOf = (object: { status?: BackupStatus }, type = installation) =>
  findCondition(object.status?.conditions, type);

for (const { name: clusterName, available, runsPods, start: startCluster } of testClusters) {
  describe.skipIf(!available)(`controller on ${clusterName}`, () => {
    let cluster: TestCluster;
    let client: KubeClient;
    let namespace = '';
    let count = 0;
    const controllers: Controller[] = [];
    const { logger, lines } = collectingLogger();

    beforeAll(async () => {
      cluster = await startCluster();
      client = cluster.client;
      await installCustomResources(client);
    });
    afterAll(async () => {
      await cluster?.stop();
      expect(lines.filter((line) => line.includes('canary'))).toEqual([]);
    });
    afterEach(async () => {
      await Promise.all(controllers.splice(0).map((controller) => controller.stop()));
    });

    const start = async (options: Partial<ControllerOptions> = {}): Promise<Controller> => {
      const controller = await startController({ client, logger, namespace, ...options });
      controllers.push(controller);
      return controller;
    };
    const newNamespace = async (): Promise<void> => {
      count += 1;
      namespace = `test-${count}`;
      await client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    };
    const schedule = (name = 'app1'): Promise<ScheduledBackup> => client.get(scheduledBackups, { namespace, name });
    const actionNamed = (name: string): Promise<RequestedBackupAction> =>
      client.get(requestedBackupActions, { namespace, name });
    const until = (what: string, probe: () => Promise<boolean>): Promise<void> => waitUntil(what, probe, 20_000);
    const applied = (name = 'app1'): Promise<void> =>
      until('the schedule is applied', async () => {
        const { metadata, ...object } = await schedule(name);
        const condition = conditionOf(object as ScheduledBackup);
        return condition?.status === 'True' && condition.observedGeneration === metadata.generation;
      });
    const secretData = async (name: string): Promise<Record<string, string>> => {
      const { data = {} } = await client.get(secrets, { namespace, name });
      return Object.fromEntries(
        Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
      );
    };
    const childNames = async (): Promise<string[]> => {
      const found = await Promise.all([
        client.list(secrets, { namespace }),
        client.list(configMaps, { namespace, labelSelector: labels.backupMaker }),
        client.list(cronJobs, { namespace }),
      ]);
      return found.flatMap(({ items }) => items.map(({ kind, metadata }) => `${kind} ${metadata.name}`));
    };
    const finish = async (job: Job, result: 'Complete' | 'Failed', more: object = {}): Promise<void> => {
      const time = new Date().toISOString().replace(/\.\d+/, '');
      const before = result === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget';
      const conditions = [before, result].map((type) => ({
        type,
        status: 'True',
        reason: 'Test',
        message: '',
        lastTransitionTime: time,
      }));
      const status = {
        startTime: time,
        ...(result === 'Complete' ? { completionTime: time, succeeded: 1 } : { failed: 1 }),
        uncountedTerminatedPods: {},
        conditions,
        ...more,
      };
      await client.mergePatch(jobs, job.metadata, { body: { status }, subresource: 'status' });
    };
    const onlyJob = async (): Promise<Job> => {
      const { items } = await client.list(jobs, { namespace });
      expect(items).toHaveLength(1);
      const [job] = items;
      if (job === undefined) {
        throw new Error('no job');
      }
      return job;
    };

    it.skipIf(runsPods)('takes the resources of an existing user to healthy', async () => {
      await newNamespace();
      await start();
      await client.create(secrets, keysSecret(namespace));
      await client.create(scheduledBackups, existingSchedule(namespace));
      await applied();
      expect(await childNames()).toEqual([
        'Secret app1-backup',
        'Secret app1-restore',
        'Secret backup-keys',
        'ConfigMap app1-backup',
        'ConfigMap app1-restore',
        'CronJob app1-backup',
      ]);
      const keys = await secretData('backup-keys');
      expect(Object.keys(keys).sort()).toEqual(['e-mail.txt', 'passphrase', 'private', 'public', 'token']);
      expect([keys['token'], keys['passphrase'], keys['e-mail.txt']]).toEqual([
        'canary-token',
        '',
        'backups@example.org',
      ]);
      expect((await secretData('app1-backup'))['gpg-key']).toBe(keys['public']);
      expect((await secretData('app1-restore'))['gpg-key']).toBe(keys['private']);
      const { metadata } = await client.get(secrets, { namespace, name: 'backup-keys' });
      expect(metadata.ownerReferences).toBeUndefined();

      await client.create(requestedBackupActions, action(namespace, 'v1-backup'));
      await until('the job', async () => (await actionNamed('v1-backup')).status?.processed === true);
      const job = await onlyJob();
      expect((await actionNamed('v1-backup')).status).toMatchObject({
        childrenResourcesHealth: [{ apiVersion: 'batch/v1', kind: 'Job', running: true, succeeded: false }],
        ownedReferences: [
          { apiVersion: 'batch/v1', kind: 'Job', trackingId: job.metadata.labels?.[labels.trackingId] },
        ],
      });
      expect((await actionNamed('v1-backup')).status?.healthy).toBeUndefined();
      await finish(job, 'Complete');
      await until('health', async () => (await actionNamed('v1-backup')).status?.healthy === true);
      expect((await actionNamed('v1-backup')).status?.childrenResourcesHealth).toMatchObject([
        { succeeded: true, running: false, failed: false },
      ]);

      const { items } = await client.list(events, { namespace });
      const told = items.map(({ type, reason, involvedObject }) => `${involvedObject.name}: ${type} ${reason}`);
      expect(told).toContain('app1: Normal Created');
      expect(told).toContain('v1-backup: Normal Created');
      expect(items.every(({ source }) => source?.component === 'backup-maker-controller')).toBe(true);
    });

    it.skipIf(runsPods)(
      'keeps what is known of a finished action when its Job is deleted, and never changes a result',
      async () => {
        await newNamespace();
        await client.create(secrets, keysSecret(namespace));
        await client.create(scheduledBackups, existingSchedule(namespace));
        await client.create(
          requestedBackupActions,
          action(namespace, 'fails', { action: 'restore', targetVersion: 'v3' }),
        );
        await start();
        await until('the job', async () => (await actionNamed('fails')).status?.processed === true);
        const job = await onlyJob();
        const main = job.spec.template.spec.containers[0];
        expect(main?.env).toContainEqual({ name: 'RESTORE_VERSION', value: 'v3' });
        await finish(job, 'Failed');
        await until('failure', async () => (await actionNamed('fails')).status?.healthy === false);
        const failed = (await actionNamed('fails')).status?.childrenResourcesHealth;
        expect(failed).toMatchObject([{ failed: true, message: expect.stringContaining(job.metadata.name) }]);
        await client.delete(jobs, job.metadata);
        await client.mergePatch(
          requestedBackupActions,
          { namespace, name: 'fails' },
          { body: { metadata: { labels: { poke: '1' } } } },
        );
        await Promise.all(controllers.splice(0).map((controller) => controller.stop()));
        await start();
        await client.create(requestedBackupActions, action(namespace, 'second'));
        await until('the next action', async () => (await actionNamed('second')).status?.processed === true);
        expect((await actionNamed('fails')).status?.childrenResourcesHealth).toEqual(failed);
      },
    );

    it('makes one Job with two controllers at once', async () => {
      await newNamespace();
      await Promise.all([start(), start()]);
      await client.create(secrets, keysSecret(namespace));
      await client.create(scheduledBackups, existingSchedule(namespace));
      const names = Array.from({ length: 5 }, (_, index) => `once-${index}`);
      await Promise.all(names.map((name) => client.create(requestedBackupActions, action(namespace, name))));
      for (const name of names) {
        await until(name, async () => (await actionNamed(name)).status?.processed === true);
      }
      expect((await client.list(jobs, { namespace })).items).toHaveLength(5);
      const keys = await secretData('backup-keys');
      expect(await derivePublicKey(keys['private'] ?? '')).toBe(keys['public']);
    });

    it('never touches an existing private key: derives the public half, and says when only that is there', async () => {
      await newNamespace();
      await start();
      const pair = await generateKeyPair('ops@example.org');
      const half = (name: string, data: Record<string, string>) => ({
        ...keysSecret(namespace, name),
        stringData: { token: 't', ...data },
      });
      const using = (name: string, secretName: string) => {
        const base = existingSchedule(namespace, name);
        const { gpgKeySecretRef, tokenSecretRef } = base.spec;
        return {
          ...base,
          spec: {
            ...base.spec,
            gpgKeySecretRef: { ...gpgKeySecretRef, secretName },
            tokenSecretRef: { ...tokenSecretRef, secretName },
          },
        };
      };
      await client.create(secrets, half('private-only', { private: pair.privateKey, passphrase: 'kept' }));
      await client.create(secrets, half('public-only', { public: pair.publicKey }));
      await client.create(secrets, half('broken', { private: 'not a key' }));
      for (const kind of ['private-only', 'public-only', 'broken']) {
        await client.create(scheduledBackups, using(`uses-${kind}`, kind));
      }
      await applied('uses-private-only');
      const completed = await secretData('private-only');
      expect([completed['private'], completed['passphrase']]).toEqual([pair.privateKey, 'kept']);
      expect(completed['public']).toContain('BEGIN PGP PUBLIC KEY BLOCK');

      await applied('uses-public-only');
      expect(Object.keys(await secretData('public-only')).sort()).toEqual(['public', 'token']);
      expect(conditionOf(await schedule('uses-public-only'), keyPair)).toMatchObject({
        status: 'False',
        reason: 'PrivateKeyMissing',
      });

      await until(
        'the broken key is reported',
        async () => conditionOf(await schedule('uses-broken'))?.status === 'False',
      );
      expect(conditionOf(await schedule('uses-broken'))).toMatchObject({ reason: 'InvalidKey' });
      expect(await secretData('broken')).toEqual({ token: 't', private: 'not a key' });
    });

    it('mends what others change: a deleted child, an edited one, a rotated Secret, a new template', async () => {
      await newNamespace();
      await client.create(secrets, keysSecret(namespace));
      await client.create(clusterBackupProcedureTemplates, template(`tpl-${namespace}`));
      const spec = { templateRef: { kind: 'ClusterBackupProcedureTemplate', name: `tpl-${namespace}` } };
      await client.create(scheduledBackups, existingSchedule(namespace, 'app1', spec));
      await start();
      await applied();
      const before = (await schedule()).status?.ownedReferences;

      await client.delete(cronJobs, { namespace, name: 'app1-backup' });
      await until('the CronJob is back', () =>
        client.get(cronJobs, { namespace, name: 'app1-backup' }).then(
          () => true,
          () => false,
        ),
      );
      await client.mergePatch(configMaps, { namespace, name: 'app1-backup' }, { body: { data: { app1: 'rm -rf /' } } });
      await until(
        'the script is back',
        async () =>
          !(await client.get(configMaps, { namespace, name: 'app1-backup' })).data?.['app1']?.includes('rm -rf'),
      );

      const token = Buffer.from('canary-new-token').toString('base64');
      await client.mergePatch(secrets, { namespace, name: 'backup-keys' }, { body: { data: { token } } });
      await until('the new token', async () =>
        Object.values(await secretData('app1-backup')).includes('canary-new-token'),
      );

      await client.mergePatch(
        clusterBackupProcedureTemplates,
        { name: `tpl-${namespace}` },
        { body: { spec: { backup: '#!/bin/sh\necho changed\n' } } },
      );
      await until('the new script', async () =>
        Object.values(await secretData('app1-backup-script')).some((text) => text.includes('echo changed')),
      );
      expect((await schedule()).status?.ownedReferences).toEqual(before);
    });

    it('deletes what the spec no longer asks for, and nothing of anybody else', async () => {
      await newNamespace();
      await client.create(secrets, keysSecret(namespace));
      await client.create(scheduledBackups, existingSchedule(namespace));
      await client.create(scheduledBackups, existingSchedule(namespace, 'other'));
      await start();
      await applied();
      await applied('other');
      await client.mergePatch(
        scheduledBackups,
        { namespace, name: 'app1' },
        { body: { spec: { cronJob: { enabled: false } } } },
      );
      await until('the CronJob is gone', async () => !(await childNames()).includes('CronJob app1-backup'));
      await client.mergePatch(
        scheduledBackups,
        { namespace, name: 'app1' },
        { body: { spec: { vars: `${(await schedule()).spec.vars}HelmValues: {name: renamed}\n` } } },
      );
      await until('the rename', async () => !(await childNames()).some((child) => child.includes('app1-')));
      expect(await childNames()).toEqual([
        'Secret backup-keys',
        'Secret other-backup',
        'Secret other-restore',
        'Secret renamed-backup',
        'Secret renamed-restore',
        'ConfigMap other-backup',
        'ConfigMap other-restore',
        'ConfigMap renamed-backup',
        'ConfigMap renamed-restore',
        'CronJob other-backup',
      ]);
    });

    // The local cluster never met an older controller, and keeps no owners of fields that were written without apply.
    it.skipIf(runsPods)('takes over what an older controller made, with all that it no longer wants', async () => {
      await newNamespace();
      await client.create(secrets, keysSecret(namespace));
      const { metadata } = await client.create(scheduledBackups, existingSchedule(namespace));
      const owner = {
        apiVersion: 'riotkit.org/v1alpha1',
        kind: 'ScheduledBackup',
        name: 'app1',
        uid: metadata.uid ?? '',
      };
      const children = (name: string) => ({
        name,
        namespace,
        labels: { [labels.backupMaker]: 'true', [labels.trackingId]: 'older' },
        ownerReferences: [owner],
      });
      await client.create(configMaps, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: children('app1-backup'),
        data: { app1: 'old script with canary-password', stale: 'x' },
      });
      await client.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: children('renamed-backup') });
      await start();
      await applied();
      const adopted = await client.get(configMaps, { namespace, name: 'app1-backup' });
      expect(Object.keys(adopted.data ?? {})).toEqual(['app1']);
      expect(adopted.data?.['app1']).not.toContain('canary');
      expect(adopted.metadata.ownerReferences).toMatchObject([{ uid: metadata.uid, controller: true }]);
      expect(adopted.metadata.labels?.[labels.trackingId]).not.toBe('older');
      expect(await childNames()).not.toContain('ConfigMap renamed-backup');
    });

    it('refuses to write over an object of somebody else', async () => {
      await newNamespace();
      await client.create(secrets, keysSecret(namespace));
      await client.create(secrets, { ...keysSecret(namespace, 'app1-backup'), stringData: { mine: 'yes' } });
      await client.create(scheduledBackups, existingSchedule(namespace));
      await start();
      await until('the problem', async () => conditionOf(await schedule())?.status === 'False');
      expect(conditionOf(await schedule())?.message).toContain('Secret "app1-backup" exists already');
      expect(await secretData('app1-backup')).toEqual({ mine: 'yes' });
    });

    it('says what is missing or wrong, once, and goes on when it is mended', async () => {
      await newNamespace();
      const counting = countingClient(client);
      await start({ client: counting.client });
      await client.create(scheduledBackups, existingSchedule(namespace, 'app1', { vars: 'Params: [ ü' }));
      await client.create(requestedBackupActions, action(namespace, 'early'));
      await until('the missing token', async () => conditionOf(await schedule())?.status === 'False');
      await client.mergePatch(secrets, { namespace, name: 'backup-keys' }, { body: { data: { token: 'dA==' } } });
      await until('the broken vars', async () => conditionOf(await schedule())?.reason === 'InvalidDefinition');
      expect(conditionOf(await schedule())?.message).toContain('vars');
      await until(
        'the action waits',
        async () => conditionOf(await actionNamed('early'))?.reason === 'WaitingForSchedule',
      );
      expect(conditionOf(await actionNamed('early'))?.status).toBe('Unknown');
      const settled = counting.requests.length;
      await client.mergePatch(
        scheduledBackups,
        { namespace, name: 'app1' },
        { body: { metadata: { labels: { poke: '1' } } } },
      );
      await client.create(
        requestedBackupActions,
        action(namespace, 'orphan', { scheduledBackupRef: { name: 'nobody' } }),
      );
      await until(
        'the orphan is told',
        async () => conditionOf(await actionNamed('orphan'))?.reason === 'DependencyMissing',
      );
      expect(counting.requests.slice(settled).filter((request) => request.includes('app1'))).toEqual([]);

      await client.mergePatch(
        scheduledBackups,
        { namespace, name: 'app1' },
        { body: { spec: { vars: existingSchedule('').spec.vars } } },
      );
      await applied();
      await until('the waiting action ran', async () => (await actionNamed('early')).status?.processed === true);
    });

    it('gives up an action with a bad version, without a Job', async () => {
      await newNamespace();
      await client.create(secrets, keysSecret(namespace));
      await client.create(scheduledBackups, existingSchedule(namespace));
      await client.create(
        requestedBackupActions,
        action(namespace, 'bad', { action: 'restore', targetVersion: '../../etc' }),
      );
      await start();
      await until('the problem', async () => conditionOf(await actionNamed('bad'))?.status === 'False');
      expect((await actionNamed('bad')).status).toMatchObject({
        processed: false,
        healthy: false,
        conditions: [{ reason: 'InvalidVersion' }],
      });
      expect((await client.list(jobs, { namespace })).items).toEqual([]);
    });

    it('gives an action with vars its own Secret and ConfigMap', async () => {
      await newNamespace();
      await client.create(secrets, keysSecret(namespace));
      await client.create(scheduledBackups, existingSchedule(namespace));
      await start();
      await applied();
      await client.create(
        requestedBackupActions,
        action(namespace, 'elsewhere', { action: 'restore', vars: 'Params: {db: scratch}' }),
      );
      await until('the job', async () => (await actionNamed('elsewhere')).status?.processed === true);
      const job = await onlyJob();
      const [source] = job.spec.template.spec.containers[0]?.envFrom ?? [];
      const own = source?.secretRef?.name ?? '';
      expect(own).not.toBe('app1-restore');
      expect(Object.values(await secretData(own))).toContain('scratch');
      expect(Object.values(await secretData('app1-restore'))).toContain('movies');
      const { metadata } = await client.get(secrets, { namespace, name: own });
      expect(metadata.ownerReferences).toMatchObject([
        { kind: 'RequestedBackupAction', name: 'elsewhere', controller: true },
      ]);
    });

    it.skipIf(runsPods)('follows the Jobs of the CronJob', async () => {
      await newNamespace();
      await client.create(secrets, keysSecret(namespace));
      await client.create(scheduledBackups, existingSchedule(namespace));
      await start();
      await applied();
      expect((await schedule()).status).toMatchObject({
        childrenResourcesHealth: [{ kind: 'CronJob', running: false }],
      });
      expect((await schedule()).status?.healthy).toBe(true);
      const cronJob: CronJob = await client.get(cronJobs, { namespace, name: 'app1-backup' });
      const run = (name: string) =>
        client.create(jobs, {
          apiVersion: 'batch/v1',
          kind: 'Job',
          metadata: {
            ...cronJob.spec.jobTemplate.metadata,
            name,
            namespace,
            ownerReferences: [
              {
                apiVersion: 'batch/v1',
                kind: 'CronJob',
                name: 'app1-backup',
                uid: cronJob.metadata.uid ?? '',
                controller: true,
              },
            ],
          },
          spec: cronJob.spec.jobTemplate.spec,
        });
      const health = async () => (await schedule()).status?.childrenResourcesHealth?.[0];
      const first = await run('app1-backup-1');
      await until('running', async () => (await health())?.running === true);
      await finish(first, 'Complete');
      await until(
        'success',
        async () => (await health())?.succeeded === true && (await schedule()).status?.healthy === true,
      );
      await client.delete(jobs, first.metadata);
      await finish(await run('app1-backup-2'), 'Failed');
      await until(
        'failure',
        async () => (await health())?.failed === true && (await schedule()).status?.healthy === false,
      );
    });

    it('writes nothing after a restart, nor when nothing changed', async () => {
      await newNamespace();
      await client.create(secrets, keysSecret(namespace));
      await client.create(scheduledBackups, existingSchedule(namespace));
      await start();
      await applied();
      await Promise.all(controllers.splice(0).map((controller) => controller.stop()));
      const counting = countingClient(client);
      const controller = await start({ client: counting.client });
      await controller.ready;
      await client.create(requestedBackupActions, action(namespace, 'after'));
      await until('the action ran', async () => (await actionNamed('after')).status?.processed === true);
      expect(counting.writes().filter((request) => !request.includes('after') && !request.includes('Job/'))).toEqual(
        [],
      );
    });

    it.runIf(runsPods)('tells how Jobs that really ran have ended', async () => {
      await newNamespace();
      await client.create(secrets, keysSecret(namespace));
      await client.create(clusterBackupProcedureTemplates, template(`tpl-${namespace}`, 'exit 3'));
      const spec = { templateRef: { kind: 'ClusterBackupProcedureTemplate', name: `tpl-${namespace}` } };
      await client.create(scheduledBackups, existingSchedule(namespace, 'app1', spec));
      await start();
      await client.create(requestedBackupActions, action(namespace, 'good', { action: 'restore' }));
      await client.create(requestedBackupActions, action(namespace, 'bad', { action: 'backup' }));
      const ended = (name: string) =>
        until(name, async () => {
          const [item] = (await actionNamed(name)).status?.childrenResourcesHealth ?? [];
          return item?.succeeded === true || item?.failed === true;
        });
      await Promise.all([ended('good'), ended('bad')]);
      expect((await actionNamed('good')).status).toMatchObject({ healthy: true });
      expect((await actionNamed('bad')).status).toMatchObject({ healthy: false });
    });

    it('works on other resources while one is impossible, and carries Unicode', async () => {
      await newNamespace();
      await client.create(secrets, keysSecret(namespace));
      const broken = existingSchedule(namespace, 'broken', { cronJob: { enabled: true, scheduleEvery: 'whenever' } });
      await client.create(scheduledBackups, broken);
      const vars = existingSchedule('').spec.vars.replace('canary-password', '"zażółć 🗝 \\" $(id) `x`"');
      await client.create(scheduledBackups, existingSchedule(namespace, 'app1', { vars }));
      await start();
      await applied();
      expect(Object.values(await secretData('app1-backup'))).toContain('zażółć 🗝 " $(id) `x`');
      await until('the bad one is told', async () => conditionOf(await schedule('broken'))?.status === 'False');
      expect(conditionOf(await schedule('broken'))?.message).toContain('whenever');
    });
  });
}
