import { labels, resourceTypes, restorePlanSchema } from '@backstay/shared';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answerChecks } from '../../testing/check-answers.ts';
import { eventually } from '../../testing/eventually.ts';
import { Harness, personToken } from '../../testing/harness.ts';
import { FakeJob, lines } from '../../testing/job-objects.ts';

let harness: Harness;
let checks: ReturnType<typeof answerChecks>;

const form = {
  ...{ namespace: 'shop', name: 'orders', procedure: { kind: 'internal', name: 'postgresql' } },
  parameters: { hostname: 'db.shop', port: '5432', db: 'orders', user: 'backup', password: 'canary-database-password' },
  collection: { mode: 'new', name: 'orders', maxVersions: 7, maxVersionSize: '2G' },
  key: { mode: 'generate', email: 'backups@example.org' },
  when: { enabled: true, cron: '0 2 * * *', timeZone: 'UTC' },
  runNow: false,
};
const privateKey = '-----BEGIN PGP PRIVATE KEY BLOCK-----\n\ncanary-private-key\n-----END PGP PRIVATE KEY BLOCK-----\n';
const inPlace = { namespace: 'shop', schedule: 'orders', version: 1, target: { mode: 'in-place' } };

beforeEach(async () => {
  harness = await Harness.start();
  harness.repository.collections.set('orders', []);
  checks = answerChecks(harness.cluster);
  await harness.signIn();
  expect((await harness.call('POST', '/api/schedules', { form })).status).toBe(200);
  harness.repository.store('orders', 'ciphertext');
});
afterEach(async () => {
  checks.stop();
  await harness[Symbol.asyncDispose]();
});

/** What the engine does once it sees the schedule. */
function applySchedule(): void {
  const schedule = harness.cluster.find(resourceTypes.scheduledBackups, 'shop', 'orders');
  if (schedule === undefined) throw new Error('There is no schedule.');
  const lastTransitionTime = new Date().toISOString();
  const condition = { type: 'BackupObjectsInstallation', status: 'True' as const, reason: 'SpecWasUpdated' };
  const status = { conditions: [{ ...condition, message: 'applied', lastTransitionTime }] };
  harness.cluster.put(resourceTypes.scheduledBackups, { ...schedule, status });
  harness.cluster.put(resourceTypes.secrets, {
    ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'orders-keys', namespace: 'shop' } },
    stringData: { private: privateKey, public: 'x' },
  });
}

const plan = async (body: object = inPlace) =>
  restorePlanSchema.parse((await harness.call('POST', '/api/restores/plan', body)).body);
const checkStates = async (body?: object) =>
  Object.fromEntries((await plan(body)).checks.map((check) => [check.id, check.state]));
const allOk = { schedule: 'ok', version: 'ok', digest: 'ok', key: 'ok', target: 'ok', running: 'ok', permission: 'ok' };

describe('planRestore', () => {
  it('checks everything, says what is lost, and changes nothing', async () => {
    applySchedule();
    await eventually(async () => expect(await checkStates()).toEqual(allOk));
    const { steps, confirmation, manifest } = await plan();
    expect(steps.join('\n')).toMatch(/stored .* ago[\s\S]*overwritten[\s\S]*Everything that was written .* is lost/);
    // Written for people: they see no instants and byte counts of machines, and the duration once.
    expect(steps.join('\n')).not.toMatch(/\d{4}-\d\d-\d\dT|takes/);
    expect((await plan()).checks.map((check) => check.message).join('\n')).not.toMatch(/\d+ bytes/);
    expect(confirmation).toBe('orders');
    expect(manifest).toContain('targetVersion: "1"');
    expect(harness.cluster.all(resourceTypes.requestedBackupActions)).toEqual([]);
    expect(checks.seen[0]).toMatchObject({ BM_OPERATION: 'restore', BM_PARAM_PASSWORD: 'canary-database-password' });
    expect(harness.cluster.all(resourceTypes.jobs)).toEqual([]);
    expect(
      harness.cluster.all(resourceTypes.secrets).filter((secret) => secret.metadata.labels?.[labels.check]),
    ).toEqual([]);
  });

  it('says what stands in the way, and how to mend it', async () => {
    checks.say('password\tThe password is wrong.');
    new FakeJob(harness.cluster).run(() => lines('x'));
    await eventually(async () => {
      expect(await checkStates({ ...inPlace, version: 9 })).toEqual({
        ...{ schedule: 'failed', version: 'failed', key: 'failed', target: 'failed', running: 'failed' },
        permission: 'ok',
      });
    });
    const failed = (await plan()).checks.filter((check) => check.state === 'failed');
    expect(failed.every((check) => check.advice)).toBe(true);
    expect(failed.find((check) => check.id === 'target')?.message).toBe('The password is wrong.');
  });

  it('keeps secret parameters of another target out of the action', async () => {
    applySchedule();
    const target = { mode: 'elsewhere', parameters: { db: 'copy', password: 'canary-other-password' } };
    const { manifest, steps, confirmation } = await plan({ ...inPlace, target });
    expect(manifest).toContain('db');
    expect(confirmation).toBeUndefined();
    expect(`${manifest}${steps.join()}`).not.toMatch(/canary/);
  });
});

describe('startRestore', () => {
  beforeEach(async () => {
    applySchedule();
    await eventually(async () => expect(await checkStates()).toEqual(allOk));
  });

  it('wants the name typed, then asks for the restore', async () => {
    const wrong = await harness.call('POST', '/api/restores', { ...inPlace, confirmation: 'order' });
    expect(wrong).toMatchObject({ status: 422, body: { error: { details: [{ field: 'confirmation' }] } } });
    const reply = await harness.call('POST', '/api/restores', { ...inPlace, confirmation: 'orders' });
    expect(reply.status).toBe(200);
    const [action] = harness.cluster.all(resourceTypes.requestedBackupActions);
    expect(action?.spec).toEqual({
      ...{ action: 'restore', kindType: 'Job', targetVersion: '1', scheduledBackupRef: { name: 'orders' } },
    });
    expect(reply.body).toEqual({ action: { namespace: 'shop', name: action?.metadata.name } });
  });

  it('elsewhere makes a Secret that goes with the action', async () => {
    const target = { mode: 'elsewhere', parameters: { db: 'copy', password: 'canary-other-password' } };
    expect((await harness.call('POST', '/api/restores', { ...inPlace, target })).status).toBe(200);
    const [action] = harness.cluster.all(resourceTypes.requestedBackupActions);
    expect(JSON.parse(action?.spec.vars ?? '')).toEqual({
      Params: { db: 'copy', password: '${BACKSTAY_TARGET_PASSWORD}' },
      HelmValues: { extraEnvFrom: [{ secretRef: { name: `${action?.metadata.name}-target` } }] },
    });
    const secret = harness.cluster.find(resourceTypes.secrets, 'shop', `${action?.metadata.name}-target`);
    expect(secret?.metadata.ownerReferences?.[0]?.uid).toBe(action?.metadata.uid);
    expect(Object.keys(secret?.data ?? {})).toEqual(['BACKSTAY_TARGET_PASSWORD']);
    expect(JSON.stringify(action)).not.toMatch(/canary/);
  });

  it('is refused while a check fails, also to a person without the right', async () => {
    const gone = await harness.call('POST', '/api/restores', { ...inPlace, version: 7, confirmation: 'orders' });
    expect(gone).toMatchObject({ status: 422, body: { error: { details: [{ field: 'version' }] } } });
    const may = (question: { verb: string; resource: string }) =>
      question.resource !== 'requestedbackupactions' || question.verb !== 'create';
    harness.cluster.people.set(personToken, { may });
    const refused = await harness.call('POST', '/api/restores', { ...inPlace, confirmation: 'orders' });
    expect(refused).toMatchObject({ status: 422, body: { error: { details: [{ field: 'permission' }] } } });
    expect(harness.cluster.all(resourceTypes.requestedBackupActions)).toEqual([]);
  });
});

it('nothing of all this is secret in a reply or in the log', async () => {
  applySchedule();
  checks.say('password\tThe password is wrong.');
  await plan();
  await harness.call('GET', '/api/namespaces/shop/secrets');
  for (const path of ['/api/schedules/shop/orders', '/api/session', '/api/collections', '/api/procedures']) {
    await harness.call('GET', path);
  }
  expect(harness.seen.join('\n')).not.toMatch(/canary/);
  expect(harness.log.join('\n')).not.toMatch(/canary/);
});
