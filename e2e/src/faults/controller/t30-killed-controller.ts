import { resourceTypes } from '@backstay/shared';
import { createKeySecret, schedule } from '../../load/kube-objects.ts';
import type { FaultCase, FaultRun } from '../fault-case.ts';
import { type ControllerProcess, startControllerProcess } from './controller-process.ts';
import { actionOf, eventually, inDefault, isProcessed, type KubeBench, startKubeBench } from './kube-bench.ts';
import { type Fate, type KubeProxy, type ProxiedRequest, startKubeProxy } from './kube-proxy.ts';

/** What a reconcile asks and writes; lists, watches and the lease are not part of one. */
const isStep = ({ method, path, watch }: ProxiedRequest): boolean =>
  !watch && !path.includes('/leases') && (method !== 'GET' || /\/secrets\/[^/]+$|\/jobs\/[^/]+$/.test(path));

interface Place {
  at: number;
  lost: 'request' | 'answer';
}

interface Struck {
  run: FaultRun;
  bench: KubeBench;
  proxy: KubeProxy;
}

/** kill -9 at one request of a reconcile: before it is handed on, or when its answer would come. */
function killAt(proxy: KubeProxy, controller: ControllerProcess, { at, lost }: Place): { struck(): boolean } {
  let step = -1;
  proxy.fate = (request): Fate => {
    if (!isStep(request)) return 'pass';
    step += 1;
    if (step !== at) return step > at ? 'cut' : 'pass';
    void controller.end('SIGKILL');
    return lost === 'request' ? 'cut' : 'unanswered';
  };
  return { struck: () => step >= at };
}

async function check({ run, bench: { client } }: Struck, name: string, what: string): Promise<void> {
  const { namespace } = inDefault(name);
  const { items: jobs } = await client.list(resourceTypes.jobs, {
    namespace,
    labelSelector: `backstay.riotkit.org/action=act-${name}`,
  });
  if (jobs.length !== 1) run.broken(`${what}: ${jobs.length} Jobs`);
  const lists = await Promise.all([
    client.list(resourceTypes.secrets, { namespace }),
    client.list(resourceTypes.configMaps, { namespace }),
    client.list(resourceTypes.cronJobs, { namespace }),
  ]);
  const children = lists.flatMap(({ items }) => items.map(({ kind, metadata }) => `${kind}/${metadata.name}`));
  const mine = children.filter((child) => child.includes(`/${name}-`)).sort();
  const wanted = ['ConfigMap', 'Secret'].flatMap((kind) => [`${kind}/${name}-backup`, `${kind}/${name}-restore`]);
  if (mine.join() !== [...wanted, `CronJob/${name}-backup`].sort().join()) run.broken(`${what}: ${mine.join()}`);
}

/** One life of a controller that ends at the place, and a next one that has to bring everything to its end. */
async function strike(struck: Struck, place: Place, name: string): Promise<boolean> {
  const { run, bench, proxy } = struck;
  await bench.client.create(resourceTypes.scheduledBackups, schedule(name));
  await bench.client.create(resourceTypes.requestedBackupActions, actionOf(`act-${name}`, name));
  proxy.fate = () => 'pass';
  await using first = await startControllerProcess(proxy.url, { ready: false });
  const { struck: hit } = killAt(proxy, first, place);
  await eventually(
    'its death or its end',
    async () => !first.running || (await isProcessed(bench.client, `act-${name}`)),
  );
  const died = hit();
  await first.end('SIGKILL');
  proxy.fate = () => 'pass';
  if (died) run.injected();
  await using _second = await startControllerProcess(proxy.url);
  const what = `killed at request ${place.at}, ${place.lost} lost`;
  await eventually('the end', () => isProcessed(bench.client, `act-${name}`), 30_000).catch(() =>
    run.broken(`${what}: stuck`),
  );
  await check(struck, name, what);
  return died;
}

/** Of two controllers the leader is killed while it works: the other takes over. */
async function takeOver({ run, bench, proxy }: Struck, name: string): Promise<void> {
  const elected = { args: ['--leader-elect'] };
  await using first = await startControllerProcess(proxy.url, elected);
  await eventually('a leader', async () => (await first.metrics()).includes('backstay_controller_leader 1'));
  await using second = await startControllerProcess(proxy.url, elected);
  if ((await second.metrics()).includes('backstay_controller_leader 1')) run.broken('two lead at once');
  await bench.client.create(resourceTypes.scheduledBackups, schedule(name));
  await first.end('SIGKILL');
  run.injected();
  await bench.client.create(resourceTypes.requestedBackupActions, actionOf(`act-${name}`, name));
  const took = await eventually('the job', () => isProcessed(bench.client, `act-${name}`), 60_000);
  if (took > 30_000) run.broken(`taken over after ${Math.round(took)} ms`);
}

export const killedController: FaultCase = {
  name: 'T30',
  explains: 'the controller is killed at each request of a reconcile, and a leader while another waits',
  run: async (run) => {
    await using bench = await startKubeBench();
    await using proxy = await startKubeProxy(bench);
    await createKeySecret(bench.client);
    const struck = { run, bench, proxy };
    await takeOver(struck, 'takeover');
    for (let round = 0; round < run.rounds(1, 20); round += 1)
      for (const lost of ['request', 'answer'] as const) {
        // A few places of their own each time, so that short runs reach all of them one day.
        const places = run.long
          ? Array.from({ length: 40 }, (_, at) => at)
          : [run.random.int(0, 5), run.random.int(5, 10)];
        for (const at of places) if (!(await strike(struck, { at, lost }, `r${round}-${lost}-${at}`))) break;
      }
  },
};
