import { labels, resourceTypes } from '@backstay/shared';
import { expect, it } from 'vitest';
import { describeController } from '../testing/controller-suite.ts';
import { action, existingSchedule, keysSecret } from '../testing/existing-user.ts';

const { events, requestedBackupActions, scheduledBackups, secrets } = resourceTypes;

describeController('an existing user', (suite) => {
  const { actionNamed, applied, childNames, finish, newNamespace, onlyJob, runsPods, secretData, start, until } = suite;

  it.skipIf(runsPods)('takes the resources of an existing user to healthy', async () => {
    const { client, namespace } = await newNamespace();
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
      ownedReferences: [{ apiVersion: 'batch/v1', kind: 'Job', trackingId: job.metadata.labels?.[labels.trackingId] }],
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
});
