import type { Container, EnvVar, Pod } from '@backstay/shared';
import type { Registry } from '../registry/registry.ts';
import { ConfigError } from './config-error.ts';
import { expandVariables } from './expand-variables.ts';
import { configMapValues, podField, secretValues } from './pod-values.ts';

export interface EnvironmentOptions {
  registry: Registry;
  pod: Pod;
  container: Container;
  node: string;
  /** What every process gets, e.g. PATH; the container's own values win. */
  base: ReadonlyMap<string, string>;
  rewrite(text: string): string;
}

/** Only a value that is a path as a whole: a password may look like anything. */
const rewriteSecret = (value: string, rewrite: (text: string) => string): string =>
  /^\/[^\s:]*$/.test(value) ? rewrite(value) : value;

const fromSources = ({ registry, pod, container, rewrite }: EnvironmentOptions): Map<string, string> => {
  const namespace = pod.metadata.namespace ?? '';
  const values = new Map<string, string>();
  for (const { prefix = '', secretRef, configMapRef } of container.envFrom ?? []) {
    const secret = secretRef && secretValues(registry, namespace, secretRef);
    const config = configMapRef && configMapValues(registry, namespace, configMapRef);
    for (const [key, value] of config ?? []) {
      values.set(prefix + key, rewrite(value.toString()));
    }
    for (const [key, value] of secret ?? []) {
      values.set(prefix + key, rewriteSecret(value.toString(), rewrite));
    }
  }
  return values;
};

const valueOfKey = (
  values: Map<string, Buffer> | undefined,
  of: { name: string; key: string; optional?: boolean },
  kind: 'Secret' | 'ConfigMap',
): string | undefined => {
  const value = values?.get(of.key);
  if (value === undefined && values !== undefined && of.optional !== true) {
    throw new ConfigError(`couldn't find key ${of.key} in ${kind} ${of.name}`, { kind, name: of.name });
  }
  return value?.toString();
};

const referenced = (options: EnvironmentOptions, { valueFrom }: EnvVar): string | undefined => {
  const { registry, pod, node, rewrite } = options;
  const namespace = pod.metadata.namespace ?? '';
  if (valueFrom?.secretKeyRef !== undefined) {
    const of = valueFrom.secretKeyRef;
    const value = valueOfKey(secretValues(registry, namespace, of), of, 'Secret');
    return value === undefined ? undefined : rewriteSecret(value, rewrite);
  }
  if (valueFrom?.configMapKeyRef !== undefined) {
    const of = valueFrom.configMapKeyRef;
    const value = valueOfKey(configMapValues(registry, namespace, of), of, 'ConfigMap');
    return value === undefined ? undefined : rewrite(value);
  }
  return valueFrom?.fieldRef === undefined ? undefined : podField(pod, valueFrom.fieldRef.fieldPath, node);
};

/** Every variable of a container's processes, with references resolved. Throws ConfigError when one cannot be. */
export const buildEnvironment = (options: EnvironmentOptions): Map<string, string> => {
  const own = fromSources(options);
  for (const variable of options.container.env ?? []) {
    const value =
      variable.valueFrom === undefined
        ? options.rewrite(expandVariables(variable.value ?? '', own))
        : referenced(options, variable);
    if (value !== undefined) {
      own.set(variable.name, value);
    }
  }
  for (const [name, value] of own) {
    if (name.includes('=') || name.includes('\0') || value.includes('\0')) {
      throw new ConfigError(
        `the environment variable ${JSON.stringify(name)} cannot be set: it holds a character that no environment can hold`,
      );
    }
  }
  return new Map([...options.base, ...own]);
};
