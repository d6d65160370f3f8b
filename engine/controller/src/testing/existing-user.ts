import type { ClusterBackupProcedureTemplate, RequestedBackupAction, ScheduledBackup, Secret } from '@backstay/shared';

/* Resources as users of older versions have them. */

export const keysSecret = (namespace: string, name = 'backup-keys'): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace },
  stringData: { passphrase: '', token: 'canary-token' },
});

const vars = `Params:
  hostname: db.subject.svc
  port: "5432"
  db: movies
  user: postgres
  password: canary-password
Repository:
  url: http://repository.backups.svc:8080
  passphrase: ""
  recipient: backups@example.org
  collectionId: iwa-ait
`;

export const existingSchedule = (
  namespace: string,
  name = 'app1',
  spec: Partial<ScheduledBackup['spec']> = {},
): ScheduledBackup => ({
  apiVersion: 'riotkit.org/v1alpha1',
  kind: 'ScheduledBackup',
  metadata: { name, namespace },
  spec: {
    operation: 'backup',
    collectionId: 'iwa-ait',
    cronJob: { enabled: true, scheduleEvery: '00 02 * * *' },
    gpgKeySecretRef: {
      secretName: 'backup-keys',
      publicKey: 'public',
      privateKey: 'private',
      passphraseKey: 'passphrase',
      email: 'backups@example.org',
      createIfNotExists: true,
    },
    templateRef: { kind: 'internal', name: 'pg15' },
    tokenSecretRef: { secretName: 'backup-keys', tokenKey: 'token' },
    varsSecretRef: {},
    vars,
    ...spec,
  },
});

export const action = (
  namespace: string,
  name: string,
  spec: Partial<RequestedBackupAction['spec']> = {},
): RequestedBackupAction => ({
  apiVersion: 'riotkit.org/v1alpha1',
  kind: 'RequestedBackupAction',
  metadata: { name, namespace },
  spec: { action: 'backup', scheduledBackupRef: { name: 'app1' }, ...spec },
});

export const template = (name: string, backup = 'echo {{ .Params.hostname }}'): ClusterBackupProcedureTemplate => ({
  apiVersion: 'riotkit.org/v1alpha1',
  kind: 'ClusterBackupProcedureTemplate',
  metadata: { name },
  spec: { image: 'example.org/dump:1', backup: `#!/bin/sh\n${backup}\n`, restore: '#!/bin/sh\ncat > /dev/null\n' },
});
