import type { ConfigMap, Pod, Secret } from '@backstay/shared';
import { resources } from '../controllers/resources.ts';
import type { Registry } from '../registry/registry.ts';
import { ConfigError } from './config-error.ts';

export interface Reference {
  name: string;
  optional?: boolean;
}

/** The values of a Secret; undefined when it is optional and missing. Throws ConfigError. */
export const secretValues = (registry: Registry, namespace: string, of: Reference): Map<string, Buffer> | undefined => {
  const secret = registry.get(resources.secrets, namespace, of.name) as Secret | undefined;
  if (secret === undefined) {
    return missing('Secret', of);
  }
  return new Map(Object.entries(secret.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64')]));
};

export const configMapValues = (
  registry: Registry,
  namespace: string,
  of: Reference,
): Map<string, Buffer> | undefined => {
  const configMap = registry.get(resources.configMaps, namespace, of.name) as ConfigMap | undefined;
  if (configMap === undefined) {
    return missing('ConfigMap', of);
  }
  return new Map([
    ...Object.entries(configMap.data ?? {}).map(([key, value]): [string, Buffer] => [key, Buffer.from(value)]),
    ...Object.entries(configMap.binaryData ?? {}).map(([key, value]): [string, Buffer] => [
      key,
      Buffer.from(value, 'base64'),
    ]),
  ]);
};

const missing = (kind: 'Secret' | 'ConfigMap', { name, optional }: Reference): undefined => {
  if (optional !== true) {
    throw new ConfigError(`${kind.toLowerCase()} "${name}" not found`, { kind, name });
  }
};

const wholeField: Record<string, (pod: Pod, node: string) => string | undefined> = {
  'metadata.name': (pod) => pod.metadata.name,
  'metadata.namespace': (pod) => pod.metadata.namespace,
  'metadata.uid': (pod) => pod.metadata.uid,
  'spec.nodeName': (_, node) => node,
  'spec.serviceAccountName': (pod) => pod.spec.serviceAccountName ?? 'default',
  'status.hostIP': () => '127.0.0.1',
  'status.podIP': () => '127.0.0.1',
  'metadata.labels': (pod) => listed(pod.metadata.labels),
  'metadata.annotations': (pod) => listed(pod.metadata.annotations),
};

const listed = (values: Record<string, string> = {}): string =>
  Object.entries(values)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');

/** A field of the Pod as the downward API gives it. Throws ConfigError for one that it does not offer. */
export const podField = (pod: Pod, fieldPath: string, node: string): string => {
  const keyed = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(fieldPath);
  if (keyed !== null) {
    const values = keyed[1] === 'labels' ? pod.metadata.labels : pod.metadata.annotations;
    return values?.[keyed[2] ?? ''] ?? '';
  }
  const read = Object.hasOwn(wholeField, fieldPath) ? wholeField[fieldPath] : undefined;
  if (read === undefined) {
    throw new ConfigError(`unsupported fieldPath: ${fieldPath}`);
  }
  return read(pod, node) ?? '';
};
