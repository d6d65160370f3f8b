import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { installCustomResources, leaseName } from '@backstay/controller';
import { createKubeClient, type KubeClient } from '@backstay/kubernetes';
import { waitUntil } from '@backstay/kubernetes/testing';
import { freePort } from '@backstay/kubernetes/testing/free-port';
import { startLocalCluster } from '@backstay/local-cluster';
import { resourceTypes } from '@backstay/shared';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const main = resolve(import.meta.dirname, '../main.ts');

describe('backstay controller', () => {
  let home = '';
  let cluster: Awaited<ReturnType<typeof startLocalCluster>>;
  let client: KubeClient;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'controller-command-'));
    cluster = await startLocalCluster({ home, host: '127.0.0.1', port: 0, logger: pino({ level: 'silent' }) });
    client = createKubeClient({ kubeconfig: cluster.kubeconfigPath });
    await installCustomResources(client);
  });
  afterAll(async () => {
    await client?.close();
    await cluster?.stop();
    await rm(home, { recursive: true, force: true });
  });
  afterEach(async () => {
    for (const child of children.splice(0)) {
      if (child.exitCode === null && child.signalCode === null) {
        const exit = once(child, 'exit');
        child.kill('SIGKILL');
        await exit;
      }
    }
  });

  const start = (args: string[]): { child: ChildProcess; output(): string } => {
    let text = '';
    const env = { PATH: process.env['PATH'], HOME: home, KUBECONFIG: cluster.kubeconfigPath };
    const child = spawn(process.execPath, [main, 'controller', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    children.push(child);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
    }
    return { child, output: () => text };
  };
  const page = async (port: number, path: string): Promise<{ status: number; text: string }> => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
    return { status: answer?.status ?? 0, text: (await answer?.text()) ?? '' };
  };
  const holder = async (): Promise<string | undefined> => {
    const lease = await client.get(resourceTypes.leases, { namespace: 'default', name: leaseName });
    return lease.spec?.holderIdentity;
  };

  it('takes the flags of older versions, tells its health and figures, and gives the lease back', async () => {
    const [metrics, probes] = [await freePort(), await freePort()];
    const { child, output } = start([
      ...['--leader-elect', '-m', `127.0.0.1:${metrics}`, '-p', `127.0.0.1:${probes}`, '--debug=false'],
      ...['--redis-host', 'redis', '--redis-port', '6379', '--disable-redis', '--zap-devel'],
    ]);
    await waitUntil('ready', async () => (await page(probes, '/readyz')).status === 200);
    await waitUntil('leading', async () => ((await holder().catch(() => '')) ?? '') !== '');
    expect((await page(probes, '/readyz')).text).toContain('[+]synced ok\n[+]watches ok');
    expect((await page(probes, '/healthz')).status).toBe(200);
    expect((await page(probes, '/metrics')).status).toBe(404);
    await waitUntil('the leader metric', async () =>
      (await page(metrics, '/metrics')).text.includes('backstay_controller_leader 1'),
    );
    const { text } = await page(metrics, '/metrics');
    for (const line of [
      'backstay_controller_queue_depth{state="ready"} 0',
      'backstay_controller_cache_fresh{kind="secrets"} 1',
      'backstay_controller_api_requests_total{verb="watch",resource="secrets",code="200"} 1',
      'backstay_schedules{state="broken"} 0',
    ]) {
      expect(text).toContain(line);
    }
    for (const name of ['--redis-host', '--redis-port', '--disable-redis', '--zap-devel']) {
      expect(output()).toContain(`${name} is ignored`);
    }
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
    expect(await holder()).toBe('');
  });

  it('refuses an address that is none, and one that is taken', async () => {
    const bad = start(['--metrics-bind-address', 'everywhere']);
    expect((await once(bad.child, 'exit'))[0]).not.toBe(0);
    expect(bad.output()).toContain('--metrics-bind-address: must be an address such as :8080');
    const port = new URL(cluster.url).port;
    const taken = start(['-m', '0', '-p', `127.0.0.1:${port}`]);
    expect((await once(taken.child, 'exit'))[0]).not.toBe(0);
    expect(taken.output()).toContain(port);
  });
});
