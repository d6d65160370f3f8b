import type { KubeObject } from '@backstay/shared';
import { stringify } from 'yaml';

const serverSide = new Set(['managedFields', 'resourceVersion', 'uid', 'generation', 'creationTimestamp', 'selfLink']);

/** YAML that Kubernetes' YAML 1.1 reader understands as we do: `yes`, `on` and dates are quoted. */
export const toYaml = (value: unknown): string => stringify(value, { compat: 'yaml-1.1', lineWidth: 0 });

/** An object as a person would write it: without what the server fills in, and without the values of Secrets. */
export function manifestOf(object: KubeObject): string {
  const { status: _status, ...rest } = object;
  const metadata = Object.fromEntries(Object.entries(object.metadata).filter(([name]) => !serverSide.has(name)));
  return toYaml(withoutSecrets({ ...rest, metadata } as KubeObject));
}

const hidden = '(not shown)';

export function withoutSecrets(object: KubeObject): KubeObject {
  if (object.kind !== 'Secret') return object;
  const hide = (values: unknown) =>
    Object.fromEntries(Object.keys((values ?? {}) as Record<string, string>).map((key) => [key, hidden]));
  return {
    ...object,
    ...(object['data'] !== undefined && { data: hide(object['data']) }),
    ...(object['stringData'] !== undefined && { stringData: hide(object['stringData']) }),
  };
}
