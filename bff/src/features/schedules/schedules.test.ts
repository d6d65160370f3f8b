import { join } from 'node:path';
import { KubeError } from '@backstay/kubernetes';
import {
  planSchema,
  type ResourceType,
  resourceTypes,
  type ScheduleFormInput,
  scheduleDetailSchema,
  scheduleRoutes,
} from '@backstay/shared';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openHistory } from '../../history/history-database.ts';
import { eventually } from '../../testing/eventually.ts';
import { Harness, personToken } from '../../testing/harness.ts';

const secretValue = 'canary-database-password';

const form = (more: Partial<ScheduleFormInput> = {}): ScheduleFormInput => ({
  namespace: 'shop',
  name: 'orders',
  procedure: { kind: 'internal', name: 'postgresql' },
  parameters: { hostname: 'db.shop', port: '5432', db: 'orders', user: 'backup', password: secretValue },
  collection: { mode: 'new', name: 'orders', maxVersions: 7, maxVersionSize: '2G' },
  key: { mode: 'generate', email: 'backups@example.org' },
  when: { enabled: true, cron: '0 2 * * *', timeZone: 'Europe/Warsaw' },
  runNow: true,
  ...more,
});

let harness: Harness;
beforeEach(async () => {
  harness = await Harness.start();
  harness.repository.collections.set('orders', []);
  await harness.signIn();
});
afterEach(() => harness[Symbol.asyncDispose]());

const plan = async (draft: unknown) =>
  planSchema.parse((await harness.call('POST', '/api/schedules/plan', draft)).body);
const problemsOf = async (draft: unknown) => {
  const { problems } = await plan(draft);
  return Object.fromEntries(problems.map((problem) => [problem.field, problem.message]));
};

describe('planSchedule', () => {
  it('shows every object, no value of a Secret, and changes nothing', async () => {
    const { objects, problems } = await plan({ form: form() });
    expect(problems).toEqual([]);
    expect(objects.map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`)).toEqual([
      'BackupCollection backups/orders',
      'Secret shop/orders-access',
      'Secret shop/orders-vars',
      'ScheduledBackup shop/orders',
    ]);
    expect(JSON.stringify(objects)).not.toContain(secretValue);
    expect(harness.cluster.all(resourceTypes.scheduledBackups)).toEqual([]);
  });

  it.each([
    ['namespace', form({ namespace: 'nowhere' }), 'There is no namespace nowhere.'],
    [
      'procedure.name',
      form({ procedure: { kind: 'internal', name: 'punch-cards' } }),
      'There is no procedure punch-cards.',
    ],
    ['parameters.user', form({ parameters: { hostname: 'x', port: '1', db: 'd', password: 'p' } }), / is needed\.$/],
    ['when.cron', form({ when: { enabled: true, cron: '0 25 * * *', timeZone: 'UTC' } }), /25/],
    ['when.timeZone', form({ when: { enabled: true, cron: '0 2 * * *', timeZone: 'Mars/Base' } }), /Mars\/Base/],
    ['collection.name', form({ collection: { mode: 'existing', name: 'gone' } }), 'There is no collection gone.'],
    [
      'key.secretName',
      form({
        key: {
          ...{ mode: 'existing', email: 'a@example.org', secretName: 'none' },
          ...{ publicKey: 'pub', privateKey: 'key', passphraseKey: '' },
        },
      }),
      'There is no Secret none.',
    ],
  ])('says what is wrong with %s', async (field, bad, message) => {
    expect((await problemsOf({ form: bad }))[field]).toMatch(message);
  });

  it('names the line of a mistake in a manifest of one’s own', async () => {
    const { objects } = await plan({ form: form() });
    const manifest = objects.at(-1)?.yaml ?? '';
    expect((await plan({ form: form(), manifest })).problems).toEqual([]);
    const unbalanced = manifest.replace('operation: backup', 'operation: [backup');
    expect((await problemsOf({ form: form(), manifest: unbalanced }))['manifest']).toMatch(/^Line \d+, column \d+: /);
    const mistyped = manifest.replace('enabled: true', 'enabled: maybe');
    expect((await problemsOf({ form: form(), manifest: mistyped }))['manifest']).toMatch(
      /^Line \d+, spec\.cronJob\.enabled: /,
    );
    const unknown = manifest.replace('operation: backup', 'operatoin: backup');
    expect((await problemsOf({ form: form(), manifest: unknown }))['manifest']).toMatch(/operat/);
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
      .split('')
      .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[index]}`)}]`)
      .join('\n')}`;
    expect((await problemsOf({ form: form(), manifest: bomb }))['manifest']).toMatch(/aliases/);
  });

  it('says what the signed-in person may not do', async () => {
    const may = (question: { verb: string; resource: string }) =>
      question.resource !== 'backupcollections' || question.verb !== 'create';
    harness.cluster.people.set(personToken, { may });
    expect((await problemsOf({ form: form() }))['']).toMatch(
      /may not create a BackupCollection in the namespace backups/,
    );
  });
});

describe('createSchedule', () => {
  it('makes everything, with a token for that collection alone and the first backup', async () => {
    const reply = await harness.call('POST', '/api/schedules', { form: form() });
    expect(reply).toMatchObject({ status: 200, body: { schedule: { namespace: 'shop', name: 'orders' } } });
    scheduleRoutes.createSchedule.reply?.parse(reply.body);
    const access = harness.cluster.find(resourceTypes.secrets, 'shop', 'orders-access');
    const token = Buffer.from(access?.data?.['token'] ?? '', 'base64').toString();
    expect(harness.repository.tokens.get(token)).toEqual({
      scope: { elements: [{ type: 'collection', name: 'orders', roles: ['backupUploader', 'backupDownloader'] }] },
      lifetime: '87600h',
    });
    const schedule = harness.cluster.find(resourceTypes.scheduledBackups, 'shop', 'orders');
    expect(schedule?.spec.vars).not.toContain(secretValue);
    expect(access?.metadata.ownerReferences?.[0]?.uid).toBe(schedule?.metadata.uid);
    expect(harness.cluster.find(resourceTypes.backupCollections, 'backups', 'orders')?.spec).toMatchObject({
      filenameTemplate: 'orders-${version}.gpg',
      maxBackupsCount: 7,
      maxOneVersionSize: '2G',
      maxCollectionSize: '14G',
    });
    const [action] = harness.cluster.all(resourceTypes.requestedBackupActions);
    expect(action?.metadata.name).toMatch(/^orders-backup-\d{8}-\d{6}-\w{4}$/);
    expect(action?.metadata.annotations).toEqual({ 'backstay.riotkit.org/requested-by': 'ada' });
    const taken = await harness.call('POST', '/api/schedules', { form: form() });
    expect(taken.status).toBe(422);
    await eventually(async () => {
      const again = await harness.call('POST', '/api/schedules', {
        form: form({ collection: { mode: 'existing', name: 'orders' } }),
      });
      expect(again).toMatchObject({
        status: 409,
        body: { error: { code: 'name_taken', details: [{ field: 'name' }] } },
      });
    });
  });

  it.each([
    ['create', resourceTypes.secrets],
    ['create', resourceTypes.scheduledBackups],
    ['patch', resourceTypes.secrets],
    ['create', resourceTypes.requestedBackupActions],
  ] as const)('leaves nothing behind when %s %o fails', async (verb, { plural }) => {
    harness.cluster.faults.push({ verb, plural, error: new KubeError(500, 'etcd is full') });
    const reply = await harness.call('POST', '/api/schedules', { form: form() });
    expect(reply).toMatchObject({ status: 502, body: { error: { code: 'cluster_refused', message: 'etcd is full' } } });
    const { backupCollections, scheduledBackups, secrets } = resourceTypes;
    for (const type of [secrets, scheduledBackups, backupCollections] as ResourceType[]) {
      expect(harness.cluster.all(type)).toEqual([]);
    }
    expect(harness.repository.revoked).toHaveLength(1);
  });
});

describe('a schedule', () => {
  beforeEach(async () => {
    await harness.call('POST', '/api/schedules', { form: form({ runNow: false }) });
    await eventually(async () => expect((await harness.call('GET', '/api/schedules/shop/orders')).status).toBe(200));
  });

  it('is shown without secrets', async () => {
    const reply = await harness.call('GET', '/api/schedules/shop/orders');
    const detail = scheduleDetailSchema.parse(reply.body);
    expect(detail).toMatchObject({
      state: 'never-ran',
      timeZone: 'Europe/Warsaw',
      secretParameters: ['password'],
      parameters: { hostname: 'db.shop', password: '' },
      key: { secretName: 'orders-keys', generated: true },
    });
    expect(harness.seen.join()).not.toMatch(/canary/);
    expect(harness.log.join()).not.toMatch(/canary/);
    expect((await harness.call('GET', '/api/schedules')).body).toMatchObject({ total: 1, items: [{ name: 'orders' }] });
  });

  it('is run, paused, and deleted with its access token', async () => {
    const started = await harness.call('POST', '/api/schedules/shop/orders/run');
    expect(started.body).toMatchObject({ action: { namespace: 'shop' } });
    await harness.call('POST', '/api/schedules/shop/orders/pause', { paused: true });
    expect(harness.cluster.find(resourceTypes.scheduledBackups, 'shop', 'orders')?.spec.cronJob.suspend).toBe(true);
    await eventually(async () => {
      expect((await harness.call('GET', '/api/schedules/shop/orders')).body).toMatchObject({ state: 'paused' });
    });
    expect((await harness.call('DELETE', '/api/schedules/shop/orders')).status).toBe(200);
    expect(harness.cluster.all(resourceTypes.scheduledBackups)).toEqual([]);
    expect(harness.repository.revoked[0]).toMatch(/^[0-9a-f]{64}$/);
  });

  it('leaves a trace of who did what, without values', async () => {
    await harness.call('POST', '/api/schedules/shop/orders/pause', { paused: true });
    await harness.call('POST', '/api/schedules/shop/none/run');
    const database = openHistory(join(harness.folder, 'console.db'));
    await eventually(async () => {
      const rows = await database.selectFrom('audit_log').selectAll().orderBy('id').execute();
      expect(rows.map((row) => [row.user_name, row.action, row.namespace, row.name, row.outcome])).toEqual([
        ['ada', 'POST /api/session', '', '', 'done'],
        ['ada', 'POST /api/schedules', 'shop', 'orders', 'done'],
        ['ada', 'POST /api/schedules/:namespace/:name/pause', 'shop', 'orders', 'done'],
        ['ada', 'POST /api/schedules/:namespace/:name/run', 'shop', 'none', 'not_found'],
      ]);
    });
    await database.destroy();
  });

  it('is not there for a person who may not see it', async () => {
    harness.cluster.people.set(personToken, { may: ({ namespace }) => namespace === 'default' });
    await harness.restart();
    await harness.signIn();
    expect((await harness.call('GET', '/api/schedules')).body).toEqual({ items: [], total: 0 });
    expect((await harness.call('GET', '/api/schedules/shop/orders')).status).toBe(404);
    expect((await harness.call('POST', '/api/schedules/shop/orders/run')).status).toBe(404);
    expect((await harness.call('POST', '/api/schedules/shop/orders/recovery-key')).status).toBe(404);
  });

  it('gives the recovery key out with the rights of the person', async () => {
    const key = '-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nabc\n-----END PGP PRIVATE KEY BLOCK-----\n';
    expect((await harness.call('POST', '/api/schedules/shop/orders/recovery-key')).status).toBe(404);
    harness.cluster.put(resourceTypes.secrets, {
      ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'orders-keys', namespace: 'shop' } },
      stringData: { private: key },
    });
    const reply = await harness.call('POST', '/api/schedules/shop/orders/recovery-key');
    expect(reply).toMatchObject({ status: 200, text: key });
    expect(reply.headers.get('content-disposition')).toContain('orders-private-key.asc');
  });
});
