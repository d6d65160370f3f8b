import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

export interface KubeconfigCluster {
  server?: string;
  'certificate-authority'?: string;
  'certificate-authority-data'?: string;
  'insecure-skip-tls-verify'?: boolean;
  'tls-server-name'?: string;
  'proxy-url'?: string;
}

export interface KubeconfigUser {
  token?: string;
  tokenFile?: string;
  'client-certificate'?: string;
  'client-certificate-data'?: string;
  'client-key'?: string;
  'client-key-data'?: string;
  exec?: unknown;
  'auth-provider'?: unknown;
}

export interface KubeconfigEntry {
  context: string;
  cluster: KubeconfigCluster;
  user: KubeconfigUser;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const findNamed = (list: unknown, name: unknown, member: string): Record<string, unknown> | undefined => {
  const found = Array.isArray(list) ? list.find((entry) => isRecord(entry) && entry['name'] === name) : undefined;
  const value = isRecord(found) ? found[member] : undefined;
  return isRecord(value) ? value : undefined;
};

const parseDocument = (path: string): Record<string, unknown> => {
  let document: unknown;
  try {
    document = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const problem = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
    throw new Error(`The kubeconfig ${path} cannot be read: ${problem}`, { cause: error });
  }
  if (!isRecord(document)) {
    throw new Error(`The kubeconfig ${path} is empty or not a YAML map.`);
  }
  return document;
};

/** Reads one context of a kubeconfig file. Throws an Error that names the file and what is missing. */
export const readKubeconfig = (path: string, wanted?: string): KubeconfigEntry => {
  const document = parseDocument(path);
  const name = wanted ?? document['current-context'];
  const context = findNamed(document['contexts'], name, 'context');
  if (typeof name !== 'string' || context === undefined) {
    throw new Error(`The kubeconfig ${path} has no context ${JSON.stringify(name ?? '')}.`);
  }
  const cluster = findNamed(document['clusters'], context['cluster'], 'cluster');
  if (typeof cluster?.['server'] !== 'string') {
    throw new Error(`The kubeconfig ${path} names no server for the context "${name}".`);
  }
  return { context: name, cluster, user: findNamed(document['users'], context['user'], 'user') ?? {} };
};
