import type { KubeClient } from '@backstay/kubernetes';
import { resourceTypes, type Secret } from '@backstay/shared';
import { forEachNumber, schedule } from '../../load/kube-objects.ts';
import type { FaultCase, FaultRun } from '../fault-case.ts';
import { startControllerProcess } from './controller-process.ts';
import {
  actionOf,
  createSchedule,
  eventually,
  inDefault,
  isApplied,
  isProcessed,
  startKubeBench,
} from './kube-bench.ts';
import { startKubeProxy } from './kube-proxy.ts';

const halves = ['public', 'private'] as const;

/** A Secret with half a key pair, and a schedule that uses it. What is in it is not a key: nobody may repair it either. */
async function createHalf(client: KubeClient, index: number): Promise<Secret> {
  const name = `half-${index}`;
  const half = halves[index % 2] ?? 'public';
  const data = { token: 'dG9rZW4=', [half]: Buffer.from(`kept ${index}`).toString('base64') };
  const secret = await client.create<Secret>(resourceTypes.secrets, {
    ...{ apiVersion: 'v1', kind: 'Secret', metadata: inDefault(name), data },
  });
  const made = schedule(name);
  const { gpgKeySecretRef, tokenSecretRef } = made.spec;
  gpgKeySecretRef.secretName = name;
  tokenSecretRef.secretName = name;
  await client.create(resourceTypes.scheduledBackups, made);
  return secret;
}

async function checkHalf(client: KubeClient, run: FaultRun, secret: Secret): Promise<void> {
  const { name } = secret.metadata;
  const told = async (): Promise<boolean> => {
    const { status } = await client.get(resourceTypes.scheduledBackups, inDefault(name));
    return status?.conditions?.some(({ status: state }) => state === 'False') ?? false;
  };
  await eventually('a condition', told, 30_000).catch(() =>
    run.broken(`${name}: no condition says that a half is missing`),
  );
  const { data } = await client.get(resourceTypes.secrets, inDefault(name));
  for (const [entry, value] of Object.entries(secret.data ?? {}))
    if (data?.[entry] !== value) run.broken(`${name}: ${entry} was changed`);
  if (secret.data?.['private'] === undefined && data?.['private'] !== undefined)
    run.broken(`${name}: a private key was made`);
}

export const twoControllers: FaultCase = {
  name: 'T29',
  explains: 'two controllers without an election work on the same requests and on Secrets with half a key pair',
  run: async (run) => {
    const count = run.rounds(30, 1_000);
    await using bench = await startKubeBench();
    await using proxy = await startKubeProxy(bench);
    await using first = await startControllerProcess(proxy.url);
    await using second = await startControllerProcess(proxy.url);
    const { client } = bench;
    await createSchedule(client, 'shared');
    await eventually('the schedule is applied', () => isApplied(client, 'shared'));
    await forEachNumber(count, (index) =>
      client.create(resourceTypes.requestedBackupActions, actionOf(`once-${index}`, 'shared')),
    );
    for (let index = 0; index < count; index += 1) {
      await eventually('a job', () => isProcessed(client, `once-${index}`));
      run.injected();
    }
    const { items } = await client.list(resourceTypes.jobs, {
      namespace: 'default',
      labelSelector: 'riotkit.org/backup-maker=true',
    });
    const asked = items.map(({ metadata }) => metadata.labels?.['backstay.riotkit.org/action']);
    if (items.length !== count || new Set(asked).size !== count)
      run.broken(`${count} requests made ${items.length} Jobs`);
    const secrets: Secret[] = [];
    await forEachNumber(run.rounds(10, 200), async (index) => {
      secrets.push(await createHalf(client, index));
      run.injected();
    });
    for (const secret of secrets) await checkHalf(client, run, secret);
    if (!first.running || !second.running) run.broken('a controller has ended');
    for (const said of [first.log(), second.log()])
      if (/kept \d|dG9rZW4=|a2VwdC/.test(said)) run.broken('a value was logged');
  },
};
