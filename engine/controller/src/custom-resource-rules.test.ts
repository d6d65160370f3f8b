import { type KubeClient, KubeError } from '@backstay/kubernetes';
import { customResourceDefinitions, type KubeObject, type ResourceType, resourceTypes } from '@backstay/shared';
import { expect, it } from 'vitest';
import { fieldManager } from './cluster/field-manager.ts';
import { installCustomResources } from './install-custom-resources.ts';
import { describeController } from './testing/controller-suite.ts';
import { action, existingSchedule, template } from './testing/existing-user.ts';

const { scheduledBackups, requestedBackupActions, clusterBackupProcedureTemplates } = resourceTypes;
type Spec = ReturnType<typeof existingSchedule>['spec'];
const { gpgKeySecretRef: key } = existingSchedule('').spec;

const cron = (scheduleEvery: string): Partial<Spec> => ({ cronJob: { enabled: true, scheduleEvery } });

/** What people have written, odd as it is: it was accepted, so it is. */
const oddSchedules: [string, Partial<Spec>][] = [
  ['empty vars', { vars: '' }],
  ['vars that are no YAML', { vars: 'Params: [' }],
  ['an allow-list without a Secret', { varsSecretRef: { importOnlyKeys: ['Params.password'] } }],
  ['an empty Secret name', { varsSecretRef: { secretName: '', importOnlyKeys: [] } }],
  ['empty names of key entries', { gpgKeySecretRef: { ...key, publicKey: '', privateKey: '', passphraseKey: '' } }],
  [
    'one entry for both halves of a key of their own',
    {
      gpgKeySecretRef: { ...key, publicKey: 'k', privateKey: 'k', createIfNotExists: false },
    },
  ],
  ['any kind of template', { templateRef: { kind: 'ClusterBackupProcedureTemplate ', name: 'Does Not Exist' } }],
  ['no collection', { collectionId: '' }],
  ['an empty schedule', cron('')],
  ['spaces around the schedule', cron('  0 2 * * *  ')],
  ['tabs in the schedule', cron('0\t2\t*\t*\t*')],
  ['names in the schedule', cron('0 2 * jan-mar MON,WED')],
  ['a word for a schedule', cron('@weekly')],
  ['an interval', cron('@every 1h30m')],
  ['steps without a star', cron('5/15 * * * ?')],
];
const refusedSchedules: [string, Partial<Spec>, string][] = [
  ['four fields', cron('0 2 * *'), 'spec.cronJob.scheduleEvery'],
  ['six fields', cron('0 0 2 * * *'), 'spec.cronJob.scheduleEvery'],
  ['a zone in the expression', cron('CRON_TZ=UTC 0 2 * * *'), 'spec.cronJob.scheduleEvery'],
  ['an unknown word', cron('@often'), 'spec.cronJob.scheduleEvery'],
  ['a zone that is none', { cronJob: { enabled: true, timeZone: '+01:00' } }, 'spec.cronJob.timeZone'],
  [
    'one entry for both halves of a key',
    { gpgKeySecretRef: { ...key, publicKey: 'k', privateKey: 'k' } },
    'gpgKeySecretRef',
  ],
  ['an unknown policy', { cronJob: { enabled: true, concurrencyPolicy: 'Never' as 'Allow' } }, 'concurrencyPolicy'],
];
const acceptedActions: [string, object][] = [
  ['a backup', { action: 'backup' }],
  ['an empty version', { action: 'backup', targetVersion: '' }],
  ['the latest', { action: 'backup', targetVersion: 'latest' }],
  ['a version to restore', { action: 'restore', targetVersion: 'v12' }],
  ['a kind', { action: 'restore', kindType: 'Job' }],
];
const refusedActions: [string, object, string][] = [
  ['a version of a backup', { action: 'backup', targetVersion: '12' }, 'for a restore'],
  ['a version that is none', { action: 'restore', targetVersion: '../../etc' }, 'targetVersion'],
  ['a Pod', { action: 'backup', kindType: 'Pod' }, 'kindType'],
];

describeController('rules of custom resources', ({ newNamespace, until }) => {
  const answer = (request: Promise<unknown>): Promise<string> =>
    request.then(
      () => 'accepted',
      (error: unknown) => (error instanceof KubeError ? `${error.status} ${error.message}` : String(error)),
    );

  it('accept what users of older versions have', async () => {
    const { client, namespace } = await newNamespace();
    for (const [index, [what, spec]] of oddSchedules.entries()) {
      const made = existingSchedule(namespace, `odd-${index}`, spec);
      expect(await answer(client.create(scheduledBackups, made)), what).toBe('accepted');
    }
    for (const [index, [what, spec]] of acceptedActions.entries()) {
      expect(await answer(client.create(requestedBackupActions, action(namespace, `odd-${index}`, spec))), what).toBe(
        'accepted',
      );
    }
    const { spec, ...bare } = existingSchedule(namespace, 'bare');
    expect(await answer(client.create(scheduledBackups, bare as KubeObject as typeof bare & { spec: Spec }))).toBe(
      'accepted',
    );
    const empty = { ...template(`empty-${namespace}`), spec: { image: '', backup: '', restore: '' } };
    expect(await answer(client.create(clusterBackupProcedureTemplates, empty))).toBe('accepted');
    const long = 'n'.repeat(245);
    expect(await answer(client.create(scheduledBackups, existingSchedule(namespace, long)))).toBe('accepted');
    const vars = `${existingSchedule('').spec.vars}HelmValues: {name: short}\n`;
    expect(await answer(client.create(scheduledBackups, existingSchedule(namespace, `${long}-more`, { vars })))).toBe(
      'accepted',
    );
  });

  it('refuse what cannot work, and say where', async () => {
    const { client, namespace } = await newNamespace();
    const options = { dryRun: true };
    for (const [what, spec, where] of refusedSchedules) {
      const said = await answer(client.create(scheduledBackups, existingSchedule(namespace, 'x', spec), options));
      expect(said, what).toMatch(/^422/);
      expect(said, what).toContain(where);
    }
    for (const [what, spec, where] of refusedActions) {
      const said = await answer(client.create(requestedBackupActions, action(namespace, 'x', spec), options));
      expect(said, what).toMatch(/^422/);
      expect(said, what).toContain(where);
    }
    const tooLong = existingSchedule(namespace, 'n'.repeat(246));
    expect(await answer(client.create(scheduledBackups, tooLong, options))).toContain('245 characters at most');
  });

  it('keep an action as it was once its Job was made', async () => {
    const { client, namespace } = await newNamespace();
    const at = { namespace, name: 'once' };
    await client.create(requestedBackupActions, action(namespace, 'once'));
    const patch = (body: object, subresource?: 'status') =>
      answer(client.mergePatch(requestedBackupActions, at, { body, ...(subresource ? { subresource } : {}) }));
    expect(await patch({ spec: { action: 'restore' } })).toBe('accepted');
    expect(await patch({ status: { processed: true } }, 'status')).toBe('accepted');
    expect(await patch({ spec: { action: 'backup' } })).toContain('An action runs once');
    expect(await patch({ metadata: { labels: { a: 'b' } } })).toBe('accepted');
    expect(await patch({ status: { healthy: true } }, 'status')).toBe('accepted');
    expect(await patch({ status: { processed: false } }, 'status')).toContain('cannot become unprocessed');
    expect(await patch({ status: null }, 'status')).toContain('cannot become unprocessed');
  });

  it('leave alone what is older than they are', async () => {
    const { client, namespace } = await newNamespace();
    for (const definition of customResourceDefinitions()) {
      await client.apply(resourceTypes.customResourceDefinitions, withoutRules(definition), {
        fieldManager,
        force: true,
      });
    }
    const odd: [ResourceType, KubeObject][] = [
      [scheduledBackups, existingSchedule(namespace, 'old', cron('TZ=Europe/Warsaw 0 2 * * *'))],
      [requestedBackupActions, action(namespace, 'old', { targetVersion: 'yesterday' })],
    ];
    for (const [type, object] of odd) {
      await until('the older definition', async () => (await answer(client.create(type, object))) === 'accepted');
    }
    await installCustomResources(client);
    for (const [type, object] of odd) {
      const again = { ...object, metadata: { ...object.metadata, name: 'new' } };
      await until(
        'the newer definition',
        async () => (await answer(client.create(type, again, { dryRun: true }))) !== 'accepted',
      );
      await touch(client, type, { namespace, name: 'old' });
    }
  });
});

const touch = async (
  client: KubeClient,
  type: ResourceType,
  at: { namespace: string; name: string },
): Promise<void> => {
  const status = { processed: false, healthy: false };
  await client.mergePatch(type, at, { body: { status }, subresource: 'status' });
  await client.mergePatch(type, at, { body: { metadata: { labels: { a: 'b' } } } });
};

/** As an older version of it: the same members, and fewer rules. */
const withoutRules = (definition: KubeObject): KubeObject =>
  JSON.parse(
    JSON.stringify(definition, (name, value: unknown) =>
      name === 'pattern' || name === 'x-kubernetes-validations' ? undefined : value,
    ),
  ) as KubeObject;
