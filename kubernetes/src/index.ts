export type { ConnectionOptions } from './connection/connection.ts';
export { createKubeClient } from './create-kube-client.ts';
export { createResourceCache } from './create-resource-cache.ts';
export * from './kube-client.ts';
export * from './resource-cache.ts';
