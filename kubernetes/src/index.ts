export * from './kube-client.ts';
export * from './resource-cache.ts';
