import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Parameter } from '../api/procedures.ts';
import { literalParameter } from '../procedures/parameter-environment.ts';
import { dnsLabelPattern } from '../resources/kube-object.ts';
import { scheduledBackupSpecSchema } from '../resources/scheduled-backup.ts';
import { parseSize } from '../rules/size.ts';
import { actionName, restoreObjects } from './action-objects.ts';
import { parameterProblems } from './parameter-problems.ts';
import { scheduleFormSchema } from './schedule-form.ts';
import { scheduleObjects } from './schedule-objects.ts';

const parameter = (name: string, more: Partial<Parameter> = {}): Parameter => ({
  ...{ name, label: name, help: '', type: 'text', required: false },
  ...more,
});
const parameters = [
  parameter('path', { type: 'path' }),
  parameter('password', { type: 'password' }),
  parameter('include'),
];
const context = { parameters, repository: { jobUrl: 'http://repository', namespace: 'backups' } };

const form = (values: Record<string, string>) =>
  scheduleFormSchema.parse({
    ...{ namespace: 'shop', name: 'orders', procedure: { kind: 'internal', name: 'files' }, parameters: values },
    collection: { mode: 'new', name: 'orders', maxVersions: 3, maxVersionSize: '1.5g' },
    key: { mode: 'generate', email: 'a@example.org' },
    when: { enabled: true, cron: '0 2 * * *', timeZone: 'UTC' },
    runNow: false,
  });

describe('scheduleObjects', () => {
  it('keeps every value as it was typed, secret ones apart', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary', minLength: 1 }), (path, password) => {
        const { scheduledBackup, varsSecret } = scheduleObjects(form({ path, password }), context);
        expect(scheduledBackupSpecSchema.parse(scheduledBackup.spec)).toEqual(scheduledBackup.spec);
        expect(JSON.parse(scheduledBackup.spec.vars).Params).toEqual({ path, include: '' });
        expect(varsSecret?.stringData).toEqual({ 'Params.password': literalParameter(password) });
        expect(scheduledBackup.spec.varsSecretRef).toEqual({ secretName: 'orders-vars' });
      }),
    );
  });

  it('protects a typed password from expanding in a built-in script', () => {
    const { varsSecret } = scheduleObjects(form({ path: '/x', password: 'a${b}$(c)$d' }), context);
    expect(varsSecret?.stringData).toEqual({ 'Params.password': 'a$${b}$$(c)$d' });
  });

  it('gives a new collection room for all its versions', () => {
    const { collection, varsSecret } = scheduleObjects(form({ path: '/x' }), context);
    expect(varsSecret).toBeUndefined();
    expect(collection?.spec).toMatchObject({
      maxOneVersionSize: '1.5G',
      maxCollectionSize: '4608M',
      maxBackupsCount: 3,
    });
    expect(parseSize(collection?.spec.maxCollectionSize ?? '')).toBe(3 * 1.5 * 1024 ** 3);
  });
});

describe('actionName', () => {
  it('is a name and a label value, whatever the schedule is called', () => {
    const now = new Date('2026-11-23T05:06:07Z');
    expect(actionName('orders', 'restore', { now, random: 'x7k2' })).toBe('orders-restore-20261123-050607-x7k2');
    const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,60}[a-z0-9])?$/);
    fc.assert(
      fc.property(label, (schedule) => {
        const name = actionName(schedule, 'restore', { now, random: 'x7k2' });
        expect(name.length).toBeLessThanOrEqual(63);
        expect(name).toMatch(dnsLabelPattern);
      }),
    );
  });
});

describe('restoreObjects', () => {
  const restore = { namespace: 'shop', schedule: 'orders', version: 4 };
  const context = { name: 'orders-restore-1', requestedBy: 'ada', secretNames: new Set(['password']) };

  it('in place asks for the version alone', () => {
    const { action, targetSecret } = restoreObjects({ ...restore, target: { mode: 'in-place' } }, context);
    expect(action.spec).toMatchObject({
      action: 'restore',
      targetVersion: '4',
      scheduledBackupRef: { name: 'orders' },
    });
    expect(action.spec.vars).toBeUndefined();
    expect(targetSecret).toBeUndefined();
  });

  it('elsewhere lets secrets through the environment, beside what the schedule brings', () => {
    const target = { mode: 'elsewhere' as const, parameters: { db: 'copy', password: 'p$x' } };
    const own = { secretRef: { name: 'own' } };
    const { action, targetSecret } = restoreObjects({ ...restore, target }, { ...context, extraEnvFrom: [own] });
    expect(JSON.parse(action.spec.vars ?? '')).toEqual({
      Params: { db: 'copy', password: '${BACKSTAY_TARGET_PASSWORD}' },
      HelmValues: { extraEnvFrom: [own, { secretRef: { name: 'orders-restore-1-target' } }] },
    });
    expect(targetSecret?.stringData).toEqual({ BACKSTAY_TARGET_PASSWORD: 'p$x' });
  });
});

describe('parameterProblems', () => {
  it.each([
    ['required', { required: true }, ' ', /is needed/],
    ['a number', { type: 'number' as const }, '54x', /whole number/],
    ['a full path', { type: 'path' as const }, 'home/ada', /beginning with \//],
    ['true or false', { type: 'boolean' as const }, 'yes', /true or false/],
    ['one line', {}, 'a\nb', /One line/],
    ['no NUL', {}, 'a\0b', /NUL/],
  ] as const)('wants %s', (...[, more, value, words]) => {
    expect(parameterProblems([parameter('x', more)], { x: value })).toEqual([
      { field: 'parameters.x', message: expect.stringMatching(words) },
    ]);
  });

  it('leaves what the Pod expands alone, and never reads what is inherited', () => {
    expect(parameterProblems([parameter('x', { type: 'number' })], { x: '${PORT}' })).toEqual([]);
    expect(parameterProblems([parameter('toString', { required: true })], {})).toHaveLength(1);
  });
});
