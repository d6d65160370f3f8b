import type { Container, EnvVar, PodSpec, Volume, VolumeMount } from '@backstay/shared';
import { defaultBackupMakerImage, type Layout, podPaths } from './layout.ts';

/** Images of this release bring a client that needs nothing of the main image; older ones are one file. */
const inject = `if command -v backup-maker-inject >/dev/null; then exec backup-maker-inject "${podPaths.init}"; fi
cp "$(command -v backup-maker)" "${podPaths.init}/backup-maker"
chmod +x "${podPaths.init}/backup-maker"
`;

const injector = ({ input }: Layout): Container => ({
  name: 'injector',
  image: input.values.backupMakerImage ?? input.backupMakerImage ?? defaultBackupMakerImage,
  imagePullPolicy: 'IfNotPresent',
  command: ['/bin/bash', '-ec'],
  args: [inject],
  volumeMounts: [{ name: 'init-scripts', mountPath: podPaths.init }],
  ...securityContext(input.values.securityContext),
});

const securityContext = (value: Record<string, unknown> | undefined) =>
  value === undefined ? {} : { securityContext: value };

/**
 * `envFrom` brings every entry of the Secret, also the key. A variable of the same name in `env` wins over it, so this empties
 * the one that would hold the key: it is only to be had as a file.
 */
const environment = ({ input }: Layout): EnvVar[] => [
  { name: 'gpg-key', value: '' },
  ...(input.operation === 'restore' && input.restoreVersion !== undefined
    ? [{ name: 'RESTORE_VERSION', value: input.restoreVersion }]
    : []),
];

const runScript = (name: string): string =>
  [
    `export PATH="$PATH:${podPaths.init}"`,
    `cp "${podPaths.scripts}/${name}" "${podPaths.init}/${name}"`,
    `chmod +x "${podPaths.init}/${name}"`,
    `exec "${podPaths.init}/${name}"`,
    '',
  ].join('\n');

const main = (layout: Layout): Container => {
  const { input, sealed, name } = layout;
  const { values } = input;
  const extra = values.extraVolumeMounts as VolumeMount[] | undefined;
  return {
    name: 'backup-maker',
    image: values.image ?? input.image,
    imagePullPolicy: values.imagePullPolicy ?? 'Always',
    command: ['/bin/bash', '-ec'],
    args: [runScript(input.resourceName)],
    env: environment(layout),
    envFrom: [
      { secretRef: { name } },
      ...(sealed ? [{ secretRef: { name: sealed.name } }] : []),
      ...(values.extraEnvFrom ?? []),
    ],
    volumeMounts: [
      { name: 'data', mountPath: podPaths.scripts },
      { name: 'secrets', mountPath: podPaths.secrets },
      { name: 'init-scripts', mountPath: podPaths.init },
      ...(input.script.holdsValues ? [{ name: 'script', mountPath: podPaths.script }] : []),
      ...(extra ?? []),
    ],
    ...(values.resources === undefined ? {} : { resources: values.resources }),
    ...securityContext(values.securityContext),
  };
};

const volumes = ({ input, sealed, name, scriptSecretName }: Layout): Volume[] => [
  { name: 'init-scripts', emptyDir: { medium: 'Memory' } },
  { name: 'data', configMap: { name } },
  { name: 'secrets', secret: { secretName: sealed?.name ?? name } },
  ...(input.script.holdsValues ? [{ name: 'script', secret: { secretName: scriptSecretName } }] : []),
  ...((input.values.extraVolumes as Volume[] | undefined) ?? []),
];

/** The Pod of an operation. What HelmValues leave out is left to the cluster's defaults. */
export const podSpec = (layout: Layout): PodSpec => {
  const { values } = layout.input;
  const optional = {
    serviceAccountName: values.serviceAccountName,
    nodeSelector: values.nodeSelector,
    tolerations: values.tolerations,
    affinity: values.affinity,
    imagePullSecrets: values.imagePullSecrets,
    securityContext: values.podSecurityContext,
  };
  return {
    restartPolicy: 'Never',
    initContainers: [injector(layout)],
    containers: [main(layout)],
    volumes: volumes(layout),
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
  };
};
