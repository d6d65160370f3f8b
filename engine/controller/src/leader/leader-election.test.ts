import { setTimeout as delay } from 'node:timers/promises';
import { createKubeClient, type KubeClient } from '@backstay/kubernetes';
import { type KubeApiserver, kubeApiserverAssets, startKubeApiserver, waitUntil } from '@backstay/kubernetes/testing';
import { resourceTypes } from '@backstay/shared';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leaseName, startLeaderElection } from './leader-election.ts';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const timing = { leaseMs: 1000, renewDeadlineMs: 600, retryMs: 50 };

describe.skipIf(kubeApiserverAssets() === undefined)(
  'leader election on a real kube-apiserver (KUBEBUILDER_ASSETS)',
  () => {
    let server: KubeApiserver;
    let client: KubeClient;
    beforeAll(async () => {
      server = await startKubeApiserver();
      client = createKubeClient({ kubeconfig: server.kubeconfigPath });
    });
    afterAll(async () => {
      await client?.close();
      await server?.stop();
    });

    const candidate = (identity: string, using: KubeClient = client) => {
      const state = { leads: false };
      const election = startLeaderElection({
        client: using,
        namespace: 'default',
        identity,
        logger: silent,
        now: () => new Date(),
        timing,
        onElected: () => {
          state.leads = true;
        },
        onLost: async () => {
          state.leads = false;
        },
      });
      return { state, stop: election.stop };
    };
    const holder = async () =>
      (await client.get(resourceTypes.leases, { namespace: 'default', name: leaseName })).spec?.holderIdentity;

    it('lets one lead, and hands over at once when it stops', async () => {
      const first = candidate('first');
      await waitUntil('the first', () => first.state.leads);
      const second = candidate('second');
      await waitUntil('the lease', async () => (await holder()) === 'first');
      expect(second.state.leads).toBe(false);
      const before = performance.now();
      await first.stop();
      await waitUntil('the second', () => second.state.leads);
      expect(performance.now() - before).toBeLessThan(timing.leaseMs);
      expect(first.state.leads).toBe(false);
      await second.stop();
      expect(await holder()).toBe('');
    });

    it('takes over from a dead leader though every answer is slow', async () => {
      const first = candidate('dead');
      await waitUntil('the first', () => first.state.leads);
      const lease = await client.get(resourceTypes.leases, { namespace: 'default', name: leaseName });
      await first.stop();
      const spec = { ...lease.spec, holderIdentity: 'dead' };
      const given = await client.get(resourceTypes.leases, { namespace: 'default', name: leaseName });
      await client.replace(resourceTypes.leases, { ...given, spec });
      const slow = { ...client } as Record<string, unknown>;
      for (const method of ['get', 'create', 'replace'] as const) {
        const original = client[method] as (...args: unknown[]) => Promise<unknown>;
        slow[method] = async (...args: unknown[]) => {
          await delay(timing.renewDeadlineMs / 4);
          return original(...args);
        };
      }
      const begun = performance.now();
      const second = candidate('slow', slow as unknown as KubeClient);
      await waitUntil('the second', () => second.state.leads);
      expect(performance.now() - begun).toBeGreaterThan(timing.leaseMs * 0.9);
      await delay(2 * timing.leaseMs);
      expect(second.state.leads).toBe(true);
      await second.stop();
    });

    it.each([
      ['is away', () => Promise.reject(new Error('unreachable'))],
      ['does not answer', () => new Promise<never>(() => undefined)],
    ])(
      'stops working before its lease runs out when the API server %s, and another takes over',
      async (_how, fault) => {
        let cut = false;
        const broken = { ...client } as Record<string, unknown>;
        for (const method of ['get', 'create', 'replace'] as const) {
          const original = client[method] as (...args: unknown[]) => Promise<unknown>;
          broken[method] = (...args: unknown[]) => (cut ? fault() : original(...args));
        }
        const first = candidate('cut-off', broken as unknown as KubeClient);
        await waitUntil('the first', () => first.state.leads);
        const second = candidate('successor');
        cut = true;
        let both = false;
        await waitUntil('the successor', () => {
          both ||= first.state.leads && second.state.leads;
          return second.state.leads;
        });
        expect([both, first.state.leads]).toEqual([false, false]);
        cut = false;
        await Promise.all([first.stop(), second.stop()]);
      },
    );
  },
);
