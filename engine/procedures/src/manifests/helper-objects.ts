import type { ConfigMap, KubeObject, Secret } from '@backstay/shared';
import { ProcedureError } from '../procedure-error.ts';
import { helperMetadata, type Layout, podPaths } from './layout.ts';

const encode = (text: string): string => Buffer.from(text).toString('base64');

/** Kubernetes refuses larger Secrets and ConfigMaps. */
const largestObject = 1024 * 1024;

/** Entries of the child Secret, in a stable order. */
const secretEntries = ({ input, sealed }: Layout): Record<string, string> => {
  const extra = Object.entries(input.values.env ?? {}).map(([name, value]) => [name, value ?? ''] as const);
  const entries = { ...Object.fromEntries(extra), ...input.environment };
  return sealed ? entries : { ...entries, 'gpg-key': input.keyMaterial };
};

const sortedData = (entries: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.keys(entries)
      .sort()
      .map((key) => [key, encode(entries[key] ?? '')]),
  );

const secret = (layout: Layout, name: string, entries: Record<string, string>): Secret => {
  const size = Object.values(entries).reduce((total, value) => total + Buffer.byteLength(value), 0);
  if (size > largestObject) throw new ProcedureError(`The values of ${name} are larger than a Secret may be (1 MiB).`);
  return { apiVersion: 'v1', kind: 'Secret', metadata: helperMetadata(layout, name), data: sortedData(entries) };
};

/** The script that stands in the ConfigMap in place of one that holds values. */
const launcher = (scriptName: string): string => `#!/bin/bash
set -e
cp "${podPaths.script}/${scriptName}" "${podPaths.init}/${scriptName}.script"
chmod 0700 "${podPaths.init}/${scriptName}.script"
exec "${podPaths.init}/${scriptName}.script"
`;

const configMap = (layout: Layout): ConfigMap => {
  const { script, resourceName } = layout.input;
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: helperMetadata(layout, layout.name),
    data: { [resourceName]: script.holdsValues ? launcher(resourceName) : script.text },
  };
};

/** Secret, script Secret, ConfigMap and SealedSecret, in the order in which they are applied. */
export const helperObjects = (layout: Layout): KubeObject[] => {
  const { input, sealed } = layout;
  const objects: KubeObject[] = [secret(layout, layout.name, secretEntries(layout))];
  if (input.script.holdsValues) {
    objects.push(secret(layout, layout.scriptSecretName, { [input.resourceName]: input.script.text }));
  }
  objects.push(configMap(layout));
  if (sealed) objects.push(sealed.object);
  return objects;
};
