export { type LocalCluster, type LocalClusterOptions, startLocalCluster } from './start-local-cluster.ts';
