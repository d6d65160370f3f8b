import type { ClusterBackupProcedureTemplate, RequestedBackupAction, ScheduledBackup } from '@backstay/shared';

export const exampleSchedule = (change: Partial<ScheduledBackup['spec']> = {}): ScheduledBackup => ({
  apiVersion: 'riotkit.org/v1alpha1',
  kind: 'ScheduledBackup',
  metadata: { name: 'app1', namespace: 'subject', uid: 'schedule-uid' },
  spec: {
    operation: 'backup',
    collectionId: 'iwa-ait',
    cronJob: { enabled: true, scheduleEvery: '00 02 * * *' },
    gpgKeySecretRef: {
      secretName: 'backup-keys',
      publicKey: 'public',
      privateKey: 'private',
      passphraseKey: 'passphrase',
      email: 'ops@example.org',
      createIfNotExists: true,
    },
    templateRef: { kind: 'internal', name: 'pg15' },
    tokenSecretRef: { secretName: 'backup-keys', tokenKey: 'token' },
    varsSecretRef: {},
    vars: exampleVars,
    ...change,
  },
});

export const exampleVars = `Params:
  hostname: db.example
  port: 5432
  db: app
  user: app
  password: "CANARY-password '; rm -rf / #"
Repository:
  url: https://backups.example
  token: CANARY-token
  passphrase: CANARY-passphrase
  recipient: ops@example.org
  collectionId: iwa-ait
`;

export const exampleAction = (change: Partial<RequestedBackupAction['spec']> = {}): RequestedBackupAction => ({
  apiVersion: 'riotkit.org/v1alpha1',
  kind: 'RequestedBackupAction',
  metadata: {
    name: 'restore-now',
    namespace: 'subject',
    uid: 'action-uid',
    annotations: { 'backstay.riotkit.org/requested-by': 'jane' },
  },
  spec: { action: 'restore', scheduledBackupRef: { name: 'app1' }, ...change },
});

export const exampleTemplate: ClusterBackupProcedureTemplate = {
  apiVersion: 'riotkit.org/v1alpha1',
  kind: 'ClusterBackupProcedureTemplate',
  metadata: { name: 'pg15-test-template' },
  spec: {
    image: 'ghcr.io/example/pgbr:1',
    backup: '#!/bin/sh\nexport PGPASSWORD="{{ .Params.password }}"\nexec dump {{ .Repository.encryptionKeyPath }}\n',
    restore: '#!/bin/sh\nexec load {{ .Params.hostname }}\n',
  },
};
