export {
  type KubeApiserver,
  type KubeApiserverOptions,
  kubeApiserverAssets,
  startKubeApiserver,
} from './kube-apiserver.ts';
export { freePort, waitUntil } from './processes.ts';
