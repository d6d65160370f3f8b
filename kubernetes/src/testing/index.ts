export {
  type KubeApiserver,
  type KubeApiserverOptions,
  kubeApiserverAssets,
  startKubeApiserver,
} from './kube-apiserver.ts';
export { waitUntil } from './processes.ts';
