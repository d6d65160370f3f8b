import os from 'node:os';
import path from 'node:path';
import type { ConnectionOptions } from '@backstay/kubernetes';

/** As other Kubernetes programs look for their cluster: KUBECONFIG, the Pod's service account, then `~/.kube/config`. */
export function kubernetesConnection(env: NodeJS.ProcessEnv, kubeconfig = env['KUBECONFIG']): ConnectionOptions {
  if (kubeconfig) return { kubeconfig: path.resolve(kubeconfig) };
  if (env['KUBERNETES_SERVICE_HOST']) return { inCluster: true };
  return { kubeconfig: path.join(os.homedir(), '.kube', 'config') };
}
