import type { ScheduledBackupSpec } from '@backstay/shared';
import { expect, it } from 'vitest';
import { specHash } from './spec-hash.ts';

/* The expected hashes were computed by a Go program that marshals the same values with encoding/json. */

const full: ScheduledBackupSpec = {
  operation: 'backup',
  cronJob: { scheduleEvery: '00 02 * * *', enabled: true },
  vars: 'Params: {a: "<&>\u2028 zażółć"}\n\tx',
  varsSecretRef: { secretName: '', importOnlyKeys: [] },
  tokenSecretRef: { tokenKey: 'token', secretName: 'backup-keys' },
  gpgKeySecretRef: {
    createIfNotExists: true,
    email: 'ops@example.org',
    passphraseKey: 'passphrase',
    privateKey: 'private',
    publicKey: 'public',
    secretName: 'backup-keys',
  },
  templateRef: { kind: 'internal', name: 'pg15' },
  collectionId: 'iwa-ait',
};

const sparse: ScheduledBackupSpec = {
  operation: 'restore',
  cronJob: { enabled: false },
  vars: '',
  varsSecretRef: { secretName: 'v', importOnlyKeys: ['Params.x'] },
  tokenSecretRef: { secretName: '', tokenKey: '' },
  gpgKeySecretRef: {
    secretName: '',
    publicKey: '',
    privateKey: '',
    passphraseKey: '',
    email: '',
    createIfNotExists: false,
  },
  templateRef: { kind: 'ClusterBackupProcedureTemplate', name: 't' },
  collectionId: '',
};

it('is the hash that the first controller computes', () => {
  expect(specHash(full)).toBe('71e7c989a36597e374fe25cf34c6c7afebf5621b517e666234c0b19e66618ffb');
  expect(specHash(sparse)).toBe('fc8257b6b2b4fcd62b86c19bf533c866a7575ca9ad1907cbfa075e24fa8d18a1');
});

it('knows the additions, and does not count them while they are unset', () => {
  const paused = { ...full, cronJob: { ...full.cronJob, suspend: true } };
  expect(specHash(paused)).not.toBe(specHash(full));
  expect(specHash({ ...full, cronJob: { ...full.cronJob, suspend: false } })).toBe(specHash(full));
});
