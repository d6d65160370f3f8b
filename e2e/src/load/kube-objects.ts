import fs from 'node:fs';
import path from 'node:path';
import { createKubeClient, type KubeClient } from '@backstay/kubernetes';
import { type Job, resourceTypes, type ScheduledBackup } from '@backstay/shared';
import { type BackstayProcess, startBackstay } from '../harness/backstay-process.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

export interface OwnBackstay extends AsyncDisposable {
  readonly backstay: BackstayProcess;
  readonly client: KubeClient;
}

/** A `backstay start` of one benchmark: gone afterwards, also when the benchmark fails. */
export async function ownBackstay(): Promise<OwnBackstay> {
  const backstay = await startBackstay();
  const client = createKubeClient({ kubeconfig: path.join(backstay.home, 'kubeconfig') });
  return {
    backstay,
    client,
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await backstay.stop();
      fs.rmSync(backstay.home, { recursive: true, force: true });
    },
  };
}

/** One key for all schedules: making 1,000 of them would measure OpenSSL. */
export async function createKeySecret(client: KubeClient): Promise<void> {
  await client.create(resourceTypes.secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'load-keys', namespace: 'default' },
    data: { passphrase: '', token: base64('no token') },
  });
}

/** A schedule of the internal procedure `tar` that never comes due. */
export const schedule = (name: string): ScheduledBackup => ({
  apiVersion: 'riotkit.org/v1alpha1',
  kind: 'ScheduledBackup',
  metadata: { name, namespace: 'default' },
  spec: {
    operation: 'backup',
    collectionId: name,
    cronJob: { enabled: true, scheduleEvery: '0 0 29 2 *' },
    gpgKeySecretRef: {
      ...{ secretName: 'load-keys', privateKey: 'private', publicKey: 'public', passphraseKey: 'passphrase' },
      ...{ email: 'iwa@example.org', createIfNotExists: true },
    },
    templateRef: { kind: 'internal', name: 'tar' },
    tokenSecretRef: { secretName: 'load-keys', tokenKey: 'token' },
    varsSecretRef: {},
    vars: JSON.stringify({
      Params: { path: '/etc/hostname' },
      Repository: { url: 'http://127.0.0.1:9', passphrase: '', recipient: 'iwa@example.org', collectionId: name },
    }),
  },
});

export const jobsOfEach = 10;

/** A job of a schedule that does not run: lists are measured, not processes. */
export const job = (index: number): Job => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: {
    name: `load-job-${index}`,
    namespace: 'default',
    labels: {
      'backstay.riotkit.org/schedule': `load-${Math.floor(index / jobsOfEach)}`,
      'backstay.riotkit.org/operation': 'backup',
    },
  },
  spec: {
    suspend: true,
    template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'example.org/none:1' }] } },
  },
});

/** Runs the work for every number below `count`, eight at a time. */
export async function forEachNumber(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      await work(index);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}
