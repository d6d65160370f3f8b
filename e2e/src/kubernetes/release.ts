import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Cluster } from './cluster.ts';
import { cacheFolder } from './prerequisites.ts';

const chart = path.resolve(import.meta.dirname, '../../../deploy/chart');
const version = 'v3.19.4';

/** Path of Helm: from PATH, or built from its Go module into the cache. Undefined: neither can be. */
export function findHelm(): string | undefined {
  const tools = path.join(cacheFolder(), 'tools');
  const folders = [...(process.env['PATH'] ?? '').split(path.delimiter), tools, '/usr/local/go/bin'];
  const find = (name: string) => folders.map((folder) => path.join(folder, name)).find((file) => fs.existsSync(file));
  const found = find('helm');
  const go = find('go');
  if (found !== undefined || go === undefined) return found;
  fs.mkdirSync(tools, { recursive: true });
  const env = { ...process.env, GOBIN: tools, CGO_ENABLED: '0' };
  execFileSync(go, ['install', `helm.sh/helm/v3/cmd/helm@${version}`], { env, stdio: 'pipe' });
  return path.join(tools, 'helm');
}

/** Manifests of the chart with these values. Throws with Helm's words for values that it refuses. */
export const renderChart = (helm: string, values: object = {}, namespace = 'backups'): string =>
  execFileSync(
    helm,
    ['template', 'backstay', chart, '--namespace', namespace, '--kube-version', '1.35.4', '--values', '-'],
    { input: JSON.stringify(values), stdio: 'pipe', maxBuffer: 1 << 26 },
  ).toString();

export const lintChart = (helm: string): string =>
  execFileSync(helm, ['lint', '--strict', '--kube-version', '1.35.4', chart], { stdio: 'pipe' }).toString();

/** Installs the release or changes its values; resolves when its Pods are ready. */
export const installChart = (cluster: Cluster, helm: string, options: { namespace: string; values: object }): string =>
  cluster.run(
    [
      ...[helm, 'upgrade', '--install', 'backstay', chart, '--namespace', options.namespace],
      ...['--values', '-', '--wait', '--timeout', '3m'],
    ],
    { input: JSON.stringify(options.values), timeout: 200_000 },
  );
