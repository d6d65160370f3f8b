import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { freePort } from '@backstay/kubernetes/testing/free-port';
import { eventually } from './kube-bench.ts';

const command = path.resolve(import.meta.dirname, '../../../../engine/cli/dist/backstay.mjs');

export interface ControllerProcess extends AsyncDisposable {
  readonly pid: number;
  readonly running: boolean;
  /** All that it has said. */
  log(): string;
  /** Status of a page of its health address; 0: not reached. */
  health(page: 'healthz' | 'readyz'): Promise<number>;
  metrics(): Promise<string>;
  end(signal: NodeJS.Signals): Promise<void>;
}

const writeKubeconfig = (folder: string, server: string): string => {
  const file = path.join(folder, 'kubeconfig');
  const config = {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'faults' },
    clusters: [{ name: 'faults', cluster: { server } }],
    users: [{ name: 'faults', user: { token: 'set by the proxy' } }],
    contexts: [{ name: 'faults', context: { cluster: 'faults', user: 'faults' } }],
  };
  fs.writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  return file;
};

const text = async (url: string): Promise<{ status: number; body: string }> => {
  const answer = await fetch(url).catch(() => undefined);
  return { status: answer?.status ?? 0, body: (await answer?.text().catch(() => '')) ?? '' };
};

/** The real `backstay controller`, against a server that asks for no credentials. Returns when it is ready. */
export async function startControllerProcess(
  server: string,
  { args = [], ready = true }: { args?: readonly string[]; ready?: boolean } = {},
): Promise<ControllerProcess> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'backstay-controller-'));
  const [metricsPort, probePort] = [await freePort(), await freePort()];
  const addresses = ['-m', `127.0.0.1:${metricsPort}`, '-p', `127.0.0.1:${probePort}`];
  const env = { PATH: process.env['PATH'], HOME: folder, KUBECONFIG: writeKubeconfig(folder, server) };
  const child: ChildProcess = spawn(process.execPath, [command, 'controller', ...addresses, '--debug', ...args], {
    ...{ env, stdio: ['ignore', 'pipe', 'pipe'] },
  });
  let said = '';
  const hear = (chunk: Buffer): void => {
    said += chunk.toString();
  };
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', hear);
  const ended = once(child, 'exit');
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await ended;
  };
  const made: ControllerProcess = {
    pid: child.pid ?? -1,
    get running() {
      return child.exitCode === null && child.signalCode === null;
    },
    log: () => said,
    health: async (page) => (await text(`http://127.0.0.1:${probePort}/${page}`)).status,
    metrics: async () => (await text(`http://127.0.0.1:${metricsPort}/metrics`)).body,
    end,
    [Symbol.asyncDispose]: async () => {
      await end('SIGKILL');
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
  if (ready) {
    try {
      await eventually('a controller is ready', async () => !made.running || (await made.health('readyz')) === 200);
      if (!made.running) throw new Error('it has ended');
    } catch (error) {
      await made[Symbol.asyncDispose]();
      throw new Error(`The controller did not start: ${said}`, { cause: error });
    }
  }
  return made;
}
