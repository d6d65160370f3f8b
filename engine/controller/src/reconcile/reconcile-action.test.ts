import { type CronJob, resourceTypes } from '@backstay/shared';
import { expect, it } from 'vitest';
import { derivePublicKey } from '../keys/openpgp.ts';
import { conditionOf, describeController } from '../testing/controller-suite.ts';
import { action, existingSchedule, keysSecret, template } from '../testing/existing-user.ts';

const { cronJobs, clusterBackupProcedureTemplates, jobs, requestedBackupActions, scheduledBackups, secrets } =
  resourceTypes;

type Spec = ReturnType<typeof existingSchedule>['spec'];

describeController('actions', (suite) => {
  const { actionNamed, applied, finish, newNamespace, onlyJob, runsPods, schedule, secretData, start, stopAll, until } =
    suite;

  it.skipIf(runsPods)(
    'keeps what is known of a finished action when its Job is deleted, and never changes a result',
    async () => {
      const { client, namespace } = await newNamespace();
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
      await stopAll();
      await start();
      await client.create(requestedBackupActions, action(namespace, 'second'));
      await until('the next action', async () => (await actionNamed('second')).status?.processed === true);
      expect((await actionNamed('fails')).status?.childrenResourcesHealth).toEqual(failed);
    },
  );

  it('makes one Job with two controllers at once', async () => {
    const { client, namespace } = await newNamespace();
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

  it('gives up an action with vars that cannot be read, without a Job', async () => {
    const { client, namespace } = await newNamespace();
    await client.create(secrets, keysSecret(namespace));
    await client.create(scheduledBackups, existingSchedule(namespace));
    await client.create(requestedBackupActions, action(namespace, 'bad', { action: 'restore', vars: 'Params: [' }));
    await start();
    await until('the problem', async () => conditionOf(await actionNamed('bad'))?.status === 'False');
    expect((await actionNamed('bad')).status).toMatchObject({
      processed: false,
      healthy: false,
      conditions: [{ reason: 'InvalidDefinition' }],
    });
    expect((await client.list(jobs, { namespace })).items).toEqual([]);
  });

  it('gives an action with vars its own Secret and ConfigMap', async () => {
    const { client, namespace } = await newNamespace();
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
    const { client, namespace } = await newNamespace();
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

  it.runIf(runsPods)('tells how Jobs that really ran have ended', async () => {
    const { client, namespace } = await newNamespace();
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

  it.skipIf(runsPods)('run as the spec of the schedule says, and tell who asked', async () => {
    const { client, namespace } = await newNamespace();
    await client.create(secrets, keysSecret(namespace));
    const spec = {
      cronJob: {
        ...{ enabled: true, scheduleEvery: '0 3 * * *', timeZone: 'Europe/Warsaw', suspend: true },
        ...{ concurrencyPolicy: 'Replace' as const, startingDeadlineSeconds: 600 },
        ...{ successfulJobsHistoryLimit: 5, failedJobsHistoryLimit: 0 },
      },
      job: {
        resources: { limits: { memory: '1Gi' } },
        securityContext: { runAsNonRoot: true },
        podSecurityContext: { fsGroup: 1000 },
        serviceAccountName: 'backups',
        nodeSelector: { disk: 'fast' },
        tolerations: [{ key: 'backups', operator: 'Exists' }],
        labels: { team: 'storage' },
        ttlSecondsAfterFinished: 86_400,
        activeDeadlineSeconds: 7_200,
      },
    } satisfies Partial<Spec>;
    const vars = `${existingSchedule('').spec.vars}HelmValues: {serviceAccountName: other, labels: {kept: "yes"}}\n`;
    const odd = existingSchedule(namespace, 'app1', { ...structuredClone(spec), vars } as Parameters<
      typeof existingSchedule
    >[2]);
    await client.create(scheduledBackups, odd);
    const asked = action(namespace, 'asked');
    const metadata = { ...asked.metadata, annotations: { 'backstay.riotkit.org/requested-by': 'alice' } };
    await client.create(requestedBackupActions, { ...asked, metadata });
    await start();
    await until('the job', async () => (await actionNamed('asked')).status?.processed === true);
    const job = await onlyJob();
    const cronJob = await client.get(cronJobs, { namespace, name: 'app1-backup' });
    const { resources, securityContext, podSecurityContext, labels: given, ...rest } = spec.job;
    const { ttlSecondsAfterFinished, activeDeadlineSeconds, ...ofPod } = rest;
    for (const made of [job.spec, cronJob.spec.jobTemplate.spec]) {
      expect(made).toMatchObject({ ttlSecondsAfterFinished, activeDeadlineSeconds });
      expect(made.template.spec).toMatchObject({ ...ofPod, securityContext: podSecurityContext });
      expect(made.template.spec.containers[0]).toMatchObject({ resources, securityContext });
      expect(made.template.metadata?.labels).toMatchObject({ ...given, kept: 'yes' });
    }
    const { scheduleEvery, enabled, ...ofCronJob } = spec.cronJob;
    expect(cronJob.spec).toMatchObject({ schedule: scheduleEvery, ...ofCronJob });
    expect(job.metadata.annotations).toMatchObject({ 'backstay.riotkit.org/requested-by': 'alice' });
  });
});
