import { execFileSync } from 'node:child_process';
import path from 'node:path';
import type { RequestedBackupAction } from '@backstay/shared';
import { expect } from '@playwright/test';
import type { BackstayProcess } from './backstay-process.ts';
import type { Kubectl } from './kubectl.ts';

const command = path.resolve(import.meta.dirname, '../../../engine/cli/dist/backstay.mjs');
const repositoryApi = 'backups.riotkit.org/v1alpha1';
const engineApi = 'riotkit.org/v1alpha1';

/** What a user of the older ecosystem has in namespace `backups`: a user with a password, and a collection. */
export function applyRepositoryObjects(
  kubectl: Kubectl,
  collection: string,
  limits = { maxOneVersionSize: '1M', maxCollectionSize: '10M' },
): void {
  const name = 'international-workers-association';
  const hash = execFileSync(process.execPath, [command, 'repository', '--encode-password', 'admin']).toString().trim();
  kubectl.apply(
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: `${name}-secret`, namespace: 'backups' },
      data: { password: hash },
    },
    {
      apiVersion: repositoryApi,
      kind: 'BackupUser',
      metadata: { name, namespace: 'backups' },
      spec: {
        email: 'iwa@example.org',
        roles: ['systemAdmin'],
        passwordFromRef: { name: `${name}-secret`, entry: 'password' },
      },
    },
    {
      apiVersion: repositoryApi,
      kind: 'BackupCollection',
      metadata: { name: collection, namespace: 'backups' },
      spec: {
        description: 'International Workers Association',
        filenameTemplate: `${collection}-\${version}.gpg`,
        maxBackupsCount: 5,
        ...limits,
        strategyName: 'fifo',
        strategySpec: {},
      },
    },
  );
}

export async function logIn(backstay: BackstayProcess): Promise<string> {
  const reply = await fetch(`${backstay.endpoints().repository}/api/stable/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'international-workers-association', password: 'admin' }),
  });
  expect(reply.status, await reply.clone().text()).toBe(200);
  const { data } = (await reply.json()) as { data: { token: string } };
  return data.token;
}

export interface StoredVersion {
  versionNumber: number;
  filesize: number;
  sha256: string;
}

export async function listVersions(
  backstay: BackstayProcess,
  token: string,
  collection: string,
): Promise<StoredVersion[]> {
  const url = `${backstay.endpoints().repository}/api/stable/repository/collection/${collection}/version`;
  const reply = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  expect(reply.status).toBe(200);
  const { data } = (await reply.json()) as { data: { versions: StoredVersion[] } };
  return data.versions;
}

/** The Secret and the ScheduledBackup as `spec` 5.4 of the older ecosystem has them: keys are completed in the same Secret. */
export function applySchedule(
  kubectl: Kubectl,
  schedule: {
    name: string;
    template: string;
    templateKind?: string;
    params: object;
    repository: string;
    collection: string;
    token: string;
  },
): void {
  const { name, template, templateKind = 'internal', params, repository, collection, token } = schedule;
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  kubectl.apply(
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'backup-keys', namespace: 'default' },
      data: { passphrase: '', token: base64(token) },
    },
    {
      apiVersion: engineApi,
      kind: 'ScheduledBackup',
      metadata: { name, namespace: 'default' },
      spec: {
        operation: 'backup',
        collectionId: collection,
        cronJob: { enabled: true, scheduleEvery: '00 02 * * *' },
        gpgKeySecretRef: {
          secretName: 'backup-keys',
          privateKey: 'private',
          publicKey: 'public',
          passphraseKey: 'passphrase',
          email: 'iwa@example.org',
          createIfNotExists: true,
        },
        templateRef: { kind: templateKind, name: template },
        tokenSecretRef: { secretName: 'backup-keys', tokenKey: 'token' },
        varsSecretRef: {},
        vars: JSON.stringify({
          Params: params,
          Repository: { url: repository, passphrase: '', recipient: 'iwa@example.org', collectionId: collection },
        }),
      },
    },
  );
}

export function requestAction(
  kubectl: Kubectl,
  action: { name: string; schedule: string; action: 'backup' | 'restore'; targetVersion?: string },
): void {
  const { name, schedule, action: kind, targetVersion } = action;
  kubectl.apply({
    apiVersion: engineApi,
    kind: 'RequestedBackupAction',
    metadata: { name, namespace: 'default' },
    spec: {
      action: kind,
      scheduledBackupRef: { name: schedule },
      kindType: 'Job',
      ...(targetVersion ? { targetVersion } : {}),
    },
  });
}

/** Polls as the older test suite does: absent `healthy` or an empty health list means "not ready yet". */
export async function actionEnds(kubectl: Kubectl, name: string): Promise<RequestedBackupAction> {
  let action: RequestedBackupAction | undefined;
  await expect
    .poll(
      () => {
        action = kubectl.get<RequestedBackupAction>('requestedbackupaction', name);
        const health = action.status?.childrenResourcesHealth ?? [];
        return health.length > 0 && health.every((child) => !child.running && (child.succeeded || child.failed));
      },
      { timeout: 60_000, intervals: [300] },
    )
    .toBe(true);
  if (!action) throw new Error('no action');
  return action;
}

/** The log of every container of an action's Pods; empty before they have started. */
export function logOf(kubectl: Kubectl, action: string): string {
  try {
    return kubectl.run('logs', '-l', `backstay.riotkit.org/action=${action}`, '--all-containers', '--tail=-1');
  } catch {
    return '';
  }
}

/** Waits for the end of an action that has to succeed; the log says why when it does not. */
export async function succeeds(kubectl: Kubectl, name: string): Promise<void> {
  const { status } = await actionEnds(kubectl, name);
  expect(status?.healthy, `${JSON.stringify(status, null, 2)}\n${logOf(kubectl, name)}`).toBe(true);
}
