import { setTimeout as delay } from 'node:timers/promises';
import { resourceTypes } from '@backstay/shared';
import type { FaultCase, FaultRun } from '../fault-case.ts';
import { type ControllerProcess, startControllerProcess } from './controller-process.ts';
import {
  actionOf,
  createSchedule,
  eventually,
  isApplied,
  isProcessed,
  type KubeBench,
  needsApiserver,
  startKubeBench,
} from './kube-bench.ts';
import { type Fate, type KubeProxy, startKubeProxy } from './kube-proxy.ts';

/** Kinds that the controller watches. */
const watches = 7;
const convergedMs = 35_000;

interface Away {
  run: FaultRun;
  bench: KubeBench;
  proxy: KubeProxy;
  controller: ControllerProcess;
}

const through = (proxy: KubeProxy, fate: () => Fate) => ({
  begin: () => {
    proxy.fate = fate;
    proxy.cut();
    return Promise.resolve();
  },
  end: () => {
    proxy.fate = () => 'pass';
    return Promise.resolve();
  },
});

/** The ways of being away. What follows an outage is an API server that is up and not well. */
const outages = ({
  run,
  bench: { apiserver },
  proxy,
}: Away): Record<string, { begin(): Promise<void>; end(): Promise<void> }> => ({
  'killed and restarted': {
    begin: async () => apiserver?.kill(),
    end: async () => apiserver?.restart(),
  },
  'stopped by SIGSTOP': {
    begin: () => Promise.resolve(apiserver?.pause()),
    end: () => Promise.resolve(apiserver?.resume()),
  },
  'answers 429 and 500': through(proxy, () => ({ status: run.random.pick([429, 500, 503]) })),
  'is slow': through(proxy, () => ({ slow: run.random.int(100, 3_000) })),
});

async function goAway(away: Away, name: string, seconds: number): Promise<void> {
  const { run, bench, proxy, controller } = away;
  const outage = outages(away)[name];
  const asked = proxy.requests.length;
  const begun = performance.now();
  await outage?.begin();
  await delay(seconds * 1000);
  run.injected();
  if (!controller.running) run.broken(`${name}: the controller has ended`);
  if ((await controller.health('healthz')) !== 200) run.broken(`${name}: it asks to be restarted`);
  const rate = (proxy.requests.length - asked) / ((performance.now() - begun) / 1000);
  await outage?.end();
  // Each watch may have a request of its own at the beginning.
  if (rate > watches * (1 + 1 / seconds) + 1)
    run.broken(`${name}: ${rate.toFixed(1)} requests in a second of ${watches} watches`);
  const action = `after-${proxy.requests.length}`;
  await eventually('it can be asked', () =>
    bench.client.create(resourceTypes.requestedBackupActions, actionOf(action, 'away')).then(() => true),
  );
  await eventually('its job', () => isProcessed(bench.client, action), convergedMs).catch(() =>
    run.broken(`${name}: not converged ${convergedMs} ms after the return`),
  );
}

export const apiserverAway: FaultCase = {
  name: 'T27',
  explains: 'the API server is killed and restarted on its etcd, paused, answers 429 and 500, or is slow',
  missing: needsApiserver,
  run: async (run) => {
    await using bench = await startKubeBench();
    await using proxy = await startKubeProxy(bench);
    await using controller = await startControllerProcess(proxy.url);
    await createSchedule(bench.client, 'away');
    await eventually('the schedule is applied', () => isApplied(bench.client, 'away'));
    const away = { run, bench, proxy, controller };
    for (let round = 0; round < run.rounds(1, 50); round += 1)
      for (const name of Object.keys(outages(away))) await goAway(away, name, run.long ? 60 : 4);
  },
};
