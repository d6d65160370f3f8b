import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { KubeObject } from '@backstay/shared';
import { stringify } from 'yaml';

/** Path of `kubectl`: beside the test binaries of Kubernetes, or from PATH. Undefined: there is none. */
export function findKubectl(): string | undefined {
  const folders = [process.env['KUBEBUILDER_ASSETS'], ...(process.env['PATH'] ?? '').split(path.delimiter)];
  return folders
    .filter((folder) => folder !== undefined && folder !== '')
    .map((folder) => path.join(folder ?? '', 'kubectl'))
    .find((file) => fs.existsSync(file));
}

export interface Kubectl {
  run(...args: string[]): string;
  apply(...objects: object[]): string;
  get<T = KubeObject>(...args: string[]): T;
}

export function kubectlFor(kubeconfig: string): Kubectl {
  const binary = findKubectl();
  if (!binary) throw new Error('kubectl is missing');
  const run = (args: string[], input?: string) =>
    execFileSync(binary, ['--kubeconfig', kubeconfig, ...args], {
      input,
      stdio: 'pipe',
      maxBuffer: 1 << 28,
    }).toString();
  return {
    run: (...args) => run(args),
    apply: (...objects) =>
      run(['apply', '-f', '-'], objects.map((object) => stringify(object, { compat: 'yaml-1.1' })).join('---\n')),
    get: (...args) => JSON.parse(run(['get', '-o', 'json', ...args])),
  };
}
