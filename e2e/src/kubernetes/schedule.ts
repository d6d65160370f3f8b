import { waitUntil } from '@backstay/kubernetes/testing';
import type { KubeObject, RequestedBackupAction } from '@backstay/shared';
import type { Cluster } from './cluster.ts';
import { postgresImageName } from './images.ts';
import { apply, databasePassword, get, namespaces } from './subject.ts';

const namespace = namespaces.subject;
const api = 'riotkit.org/v1alpha1';

interface ScheduleOptions {
  readonly name: string;
  readonly templateRef: { kind: string; name: string };
  readonly collection: string;
  readonly repository: string;
  readonly token: string;
}

/** A template as the older ecosystem's users write them: their own dump and loader, the client from the init container. */
export function applyClusterTemplate(cluster: Cluster, name: string): void {
  const script = (verb: 'make' | 'restore', command: string, flags: string) => `#!/bin/bash
set -euo pipefail
export PGPASSWORD="$SUBJECT_PASSWORD"
export BM_AUTH_TOKEN='{{ .Repository.token }}' BM_COLLECTION_ID='{{ .Repository.collectionId }}' BM_PASSPHRASE='{{ .Repository.passphrase }}'
exec backup-maker ${verb} --url '{{ .Repository.url }}' -c "${command} -h {{ .Params.hostname }} -U {{ .Params.user }} -d {{ .Params.db }}" \\
  --recipient '{{ .Repository.recipient }}' --log-level info ${flags} '{{ .Repository.encryptionKeyPath }}'
`;
  apply(cluster, {
    apiVersion: api,
    kind: 'ClusterBackupProcedureTemplate',
    metadata: { name },
    spec: {
      image: postgresImageName,
      backup: script('make', 'pg_dump --clean --if-exists', '--key'),
      restore: script(
        'restore',
        'psql -v ON_ERROR_STOP=1 --single-transaction -q',
        '--version "${RESTORE_VERSION:-latest}" --private-key',
      ),
    },
  });
}

/** The Secret and the ScheduledBackup; the controller completes the Secret with a key pair. */
export function applySchedule(cluster: Cluster, options: ScheduleOptions): void {
  const { name, templateRef, collection, repository, token } = options;
  const secretName = `${name}-keys`;
  apply(
    cluster,
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: secretName, namespace },
      stringData: { passphrase: '', token },
    },
    {
      apiVersion: api,
      kind: 'ScheduledBackup',
      metadata: { name, namespace },
      spec: {
        operation: 'backup',
        collectionId: collection,
        cronJob: { enabled: true, scheduleEvery: '00 02 * * *' },
        gpgKeySecretRef: {
          secretName,
          privateKey: 'private',
          publicKey: 'public',
          passphraseKey: 'passphrase',
          email: 'iwa@example.org',
          createIfNotExists: true,
        },
        templateRef,
        tokenSecretRef: { secretName, tokenKey: 'token' },
        varsSecretRef: {},
        vars: JSON.stringify({
          Params: {
            hostname: `postgres.${namespace}.svc`,
            port: 5432,
            db: 'movies',
            user: 'postgres',
            password: databasePassword,
          },
          Repository: { url: repository, passphrase: '', recipient: 'iwa@example.org', collectionId: collection },
          // The image is on the node only.
          HelmValues: { imagePullPolicy: 'IfNotPresent', env: { SUBJECT_PASSWORD: databasePassword } },
        }),
      },
    },
  );
}

/** Asks for an operation of a schedule; the action is called `name`. */
export function requestAction(
  cluster: Cluster,
  name: string,
  { schedule, action }: { schedule: string; action: 'backup' | 'restore' },
): void {
  apply(cluster, {
    apiVersion: api,
    kind: 'RequestedBackupAction',
    metadata: { name, namespace },
    spec: { action, scheduledBackupRef: { name: schedule }, kindType: 'Job' },
  });
}

const actionOf = (cluster: Cluster, name: string) =>
  get<RequestedBackupAction>(cluster, '-n', namespace, 'requestedbackupaction', name);

const logOf = (cluster: Cluster, action: string): string =>
  cluster.kubectl([
    ...['-n', namespace, 'logs', '-l', `backstay.riotkit.org/action=${action}`],
    ...['--all-containers', '--tail=-1', '--ignore-errors'],
  ]);

/** Polls as the older test suite does: absent `healthy` or an empty health list means "not ready yet". */
export async function succeeds(cluster: Cluster, name: string): Promise<void> {
  const ended = () => {
    const health = actionOf(cluster, name).status?.childrenResourcesHealth ?? [];
    return health.length > 0 && health.every((child) => !child.running && (child.succeeded || child.failed));
  };
  await waitUntil(`the end of ${name}`, ended, 120_000).catch((error: unknown) => {
    const state = cluster.kubectl(['-n', namespace, 'get', 'pods,jobs,events']);
    throw new Error(`${String(error)}\n${JSON.stringify(actionOf(cluster, name))}\n${state}\n${logOf(cluster, name)}`);
  });
  const { status } = actionOf(cluster, name);
  if (status?.healthy !== true) throw new Error(`${name} failed: ${JSON.stringify(status)}\n${logOf(cluster, name)}`);
}

/** Jobs that an action has caused. */
export const jobsOf = (cluster: Cluster, action: string): KubeObject[] =>
  get<{ items: KubeObject[] } & KubeObject>(
    cluster,
    ...['-n', namespace, 'jobs', '-l', `backstay.riotkit.org/action=${action}`],
  ).items;
