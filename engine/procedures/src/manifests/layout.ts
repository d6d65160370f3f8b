import { annotations, childName, labels } from '@backstay/shared';
import type { ManifestInput } from './manifest-input.ts';
import { fitName, labelLength } from './names.ts';
import { parseSealedKey, type SealedKey } from './sealed-secret.ts';

/** Image of the client that the init container takes backup-maker from, unless the installation or HelmValues name one. */
export const defaultBackupMakerImage = 'ghcr.io/riotkit-org/backstay:0.1.0';

/** Where things lie in a Pod. Scripts of existing users depend on it. */
export const podPaths = {
  scripts: '/usr/backup-maker',
  secrets: '/mnt/secrets',
  key: '/mnt/secrets/gpg-key',
  init: '/mnt/init',
  /** Scripts that hold values. */
  script: '/mnt/script',
} as const;

/** Names and metadata that the objects of one operation share. */
export interface Layout {
  readonly input: ManifestInput;
  /** Name of the Secret, ConfigMap and CronJob. */
  readonly name: string;
  /** Name of the Secret that holds a script with values. */
  readonly scriptSecretName: string;
  readonly sealed: SealedKey | undefined;
  /** Labels of Jobs, CronJobs and Pods. */
  readonly runLabels: Readonly<Record<string, string>>;
}

export const layoutOf = (input: ManifestInput): Layout => {
  const resource = input.values.name ?? input.resourceName;
  const name = childName(resource, input.operation) + (input.suffix === undefined ? '' : `-${input.suffix}`);
  return {
    input,
    name,
    scriptSecretName: `${name}-script`,
    sealed: parseSealedKey(input.keyMaterial, {
      namespace: input.sealedNamespace ?? input.namespace ?? '',
      childName: name,
    }),
    runLabels: {
      ...commonLabels(input),
      [labels.schedule]: fitName(input.resourceName, labelLength),
      [labels.operation]: input.operation,
      ...input.labels,
    },
  };
};

const commonLabels = (input: ManifestInput): Record<string, string> => ({
  ...input.values.labels,
  [labels.backupMaker]: 'true',
});

/** Metadata of a helper object. */
export const helperMetadata = ({ input }: Layout, name: string) => ({
  name,
  ...(input.namespace === undefined ? {} : { namespace: input.namespace }),
  labels: commonLabels(input),
  annotations: { [annotations.action]: input.operation },
});

/** Metadata of something that runs, and of its Pods. */
export const runAnnotations = ({ input }: Layout): Record<string, string> => ({
  ...input.annotations,
  [annotations.action]: input.operation,
});
