import type { KeyToPath, Pod } from '@backstay/shared';
import { arrayAt, objectAt } from '../json.ts';
import type { Registry } from '../registry/registry.ts';
import { ConfigError } from './config-error.ts';
import { configMapValues, podField, type Reference, secretValues } from './pod-values.ts';

export interface VolumeFile {
  data: Buffer;
  mode: number;
  secret: boolean;
}
export type VolumeFiles = Map<string, VolumeFile>;

interface Source {
  items?: KeyToPath[];
  defaultMode?: number;
}

interface FilesContext {
  registry: Registry;
  pod: Pod;
  node: string;
}

const defaultMode = 0o644;

const pickItems = (values: Map<string, Buffer>, source: Source & Reference, secret: boolean): VolumeFiles => {
  const files: VolumeFiles = new Map();
  for (const { key, path, mode } of source.items ?? []) {
    const data = values.get(key);
    if (data !== undefined) {
      files.set(path, { data, mode: mode ?? source.defaultMode ?? defaultMode, secret });
    } else if (source.optional !== true) {
      const kind = secret ? 'Secret' : 'ConfigMap';
      throw new ConfigError(`references non-existent ${secret ? 'secret' : 'config'} key: ${key}`, {
        kind,
        name: source.name,
      });
    }
  }
  return files;
};

const pick = (values: Map<string, Buffer> | undefined, source: Source & Reference, secret: boolean): VolumeFiles => {
  // Only what is optional may be missing as a whole.
  if (values === undefined) {
    return new Map();
  }
  if (source.items !== undefined) {
    return pickItems(values, source, secret);
  }
  return new Map([...values].map(([key, data]) => [key, { data, mode: source.defaultMode ?? defaultMode, secret }]));
};

const fieldFiles = ({ pod, node }: FilesContext, source: Record<string, unknown>): VolumeFiles => {
  const files: VolumeFiles = new Map();
  for (const item of arrayAt(source, 'items')) {
    const { path, fieldRef, mode } = item as { path: string; fieldRef?: { fieldPath: string }; mode?: number };
    if (fieldRef === undefined) {
      throw new ConfigError(`the file ${path} asks for a resource field, which does not exist on one machine`);
    }
    const data = Buffer.from(podField(pod, fieldRef.fieldPath, node));
    files.set(path, {
      data,
      mode: mode ?? (source['defaultMode'] as number | undefined) ?? defaultMode,
      secret: false,
    });
  }
  return files;
};

const projected = (context: FilesContext, source: Record<string, unknown>): VolumeFiles => {
  const files: VolumeFiles = new Map();
  for (const part of arrayAt(source, 'sources')) {
    const inherited = { defaultMode: source['defaultMode'] };
    for (const kind of ['secret', 'configMap', 'downwardAPI']) {
      const member = objectAt(part, kind);
      const made = member && filesOf(context, { [kind]: { ...inherited, ...member, secretName: member['name'] } });
      for (const [path, file] of made ?? []) {
        files.set(path, file);
      }
    }
    if (objectAt(part, 'serviceAccountToken') !== undefined) {
      throw new ConfigError('service account tokens are not mounted into Pods that run as local processes');
    }
  }
  return files;
};

/** The files of a volume whose content comes from the API; undefined for a volume of another kind. Throws ConfigError. */
export const filesOf = (context: FilesContext, volume: Record<string, unknown>): VolumeFiles | undefined => {
  const namespace = context.pod.metadata.namespace ?? '';
  const secret = objectAt(volume, 'secret') as (Source & { secretName: string; optional?: boolean }) | undefined;
  if (secret !== undefined) {
    const source = { ...secret, name: secret.secretName };
    return pick(secretValues(context.registry, namespace, source), source, true);
  }
  const configMap = objectAt(volume, 'configMap') as (Source & Reference) | undefined;
  if (configMap !== undefined) {
    return pick(configMapValues(context.registry, namespace, configMap), configMap, false);
  }
  const fields = objectAt(volume, 'downwardAPI');
  if (fields !== undefined) {
    return fieldFiles(context, fields);
  }
  const sources = objectAt(volume, 'projected');
  return sources === undefined ? undefined : projected(context, sources);
};
