import { labels, resourceTypes } from '@backstay/shared';
import { expect, it } from 'vitest';
import { openpgpKeyMaker } from '../keys/key-secret.ts';
import { generateKeyPair } from '../keys/openpgp.ts';
import { keyPair } from '../plan/condition.ts';
import { conditionOf, describeController } from '../testing/controller-suite.ts';
import { countingClient } from '../testing/counting-client.ts';
import { action, existingSchedule, keysSecret, template } from '../testing/existing-user.ts';

const { cronJobs, clusterBackupProcedureTemplates, configMaps, requestedBackupActions, scheduledBackups, secrets } =
  resourceTypes;

describeController('schedules', (suite) => {
  const {
    actionNamed,
    applied,
    childNames,
    limited,
    newNamespace,
    runsPods,
    schedule,
    secretData,
    start,
    stopAll,
    until,
  } = suite;

  it('never touches an existing private key: derives the public half, and says when only that is there', async () => {
    const { client, namespace } = await newNamespace();
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

  it('makes one key pair for schedules that share a Secret', async () => {
    const { client, namespace } = await newNamespace();
    await client.create(secrets, keysSecret(namespace));
    const names = Array.from({ length: 6 }, (_, index) => `app${index}`);
    for (const name of names) {
      await client.create(scheduledBackups, existingSchedule(namespace, name));
    }
    let made = 0;
    const generate = (email: string) => {
      made += 1;
      return generateKeyPair(email);
    };
    await start({ keyMaker: { ...openpgpKeyMaker, generate } });
    for (const name of names) {
      await applied(name);
    }
    expect(made).toBe(1);
  });

  it('mends what others change: a deleted child, an edited one, a rotated Secret, a new template', async () => {
    const { client, namespace } = await newNamespace();
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
    const { client, namespace } = await newNamespace();
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
    const { client, namespace } = await newNamespace();
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
    const { client, namespace } = await newNamespace();
    await client.create(secrets, keysSecret(namespace));
    await client.create(secrets, { ...keysSecret(namespace, 'app1-backup'), stringData: { mine: 'yes' } });
    await client.create(scheduledBackups, existingSchedule(namespace));
    await start();
    await until('the problem', async () => conditionOf(await schedule())?.status === 'False');
    expect(conditionOf(await schedule())?.message).toContain('Secret "app1-backup" exists already');
    expect(await secretData('app1-backup')).toEqual({ mine: 'yes' });
  });

  it('says what is missing or wrong, once, and goes on when it is mended', async () => {
    const { client, namespace } = await newNamespace();
    const counting = countingClient(limited());
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

  it('writes nothing after a restart, nor when nothing changed', async () => {
    const { client, namespace } = await newNamespace();
    await client.create(secrets, keysSecret(namespace));
    await client.create(scheduledBackups, existingSchedule(namespace));
    await start();
    await applied();
    await stopAll();
    const counting = countingClient(limited());
    const controller = await start({ client: counting.client });
    await controller.ready;
    await client.create(requestedBackupActions, action(namespace, 'after'));
    await until('the action ran', async () => (await actionNamed('after')).status?.processed === true);
    expect(counting.writes().filter((request) => !request.includes('after') && !request.includes('Job/'))).toEqual([]);
  });

  it('works on other resources while one is impossible, and carries Unicode', async () => {
    const { client, namespace } = await newNamespace();
    await client.create(secrets, keysSecret(namespace));
    const broken = existingSchedule(namespace, 'broken', { cronJob: { enabled: true, scheduleEvery: '99 2 * * *' } });
    await client.create(scheduledBackups, broken);
    const vars = existingSchedule('').spec.vars.replace('canary-password', '"zażółć 🗝 \\" $(id) `x`"');
    await client.create(scheduledBackups, existingSchedule(namespace, 'app1', { vars }));
    await start();
    await applied();
    expect(Object.values(await secretData('app1-backup'))).toContain('zażółć 🗝 " $(id) `x`');
    await until('the bad one is told', async () => conditionOf(await schedule('broken'))?.status === 'False');
    expect(conditionOf(await schedule('broken'))?.message).toContain('99');
  });
});
