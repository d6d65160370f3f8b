import { execFileSync } from 'node:child_process';
import path from 'node:path';
import type { KubeObject } from '@backstay/shared';
import { stringify } from 'yaml';
import type { Cluster } from './cluster.ts';
import { postgresImageName } from './images.ts';

/** Where the repository lives, and where the application that is backed up. */
export const namespaces = { backstay: 'backups', subject: 'subject' } as const;

export const apply = (cluster: Cluster, ...objects: object[]): void => {
  cluster.kubectl(['apply', '-f', '-'], {
    input: objects.map((object) => stringify(object, { compat: 'yaml-1.1' })).join('---\n'),
  });
};

export const get = <T = KubeObject>(cluster: Cluster, ...args: string[]): T =>
  JSON.parse(cluster.kubectl(['get', '-o', 'json', ...args])) as T;

// The server refuses to run as root; `postgres` is the user that its package makes.
const startScript = `set -euo pipefail
bin=$(echo /usr/lib/postgresql/*/bin)
data=/var/lib/postgresql/data
install -d -o postgres -g postgres -m 700 "$data"
as_postgres='setpriv --reuid=postgres --regid=postgres --init-groups'
install -o postgres -m 600 /dev/null /tmp/password
printf '%s\\n' "$PGPASSWORD" > /tmp/password
$as_postgres "$bin/initdb" -D "$data" -U postgres -A scram-sha-256 --pwfile=/tmp/password --no-sync
echo 'host all all all scram-sha-256' >> "$data/pg_hba.conf"
install -d -o postgres -g postgres /var/run/postgresql
exec $as_postgres "$bin/postgres" -D "$data" -c 'listen_addresses=*' -c fsync=off
`;

export const databasePassword = `it's "secret" $HOME`;

/** A PostgreSQL with a Service of the name `postgres` in the namespace of the application. */
export function deployPostgres(cluster: Cluster): void {
  const labels = { app: 'postgres' };
  const namespace = namespaces.subject;
  apply(
    cluster,
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'postgres', namespace },
      stringData: { username: 'postgres', password: databasePassword },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'postgres', namespace },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            containers: [
              {
                name: 'postgres',
                image: postgresImageName,
                imagePullPolicy: 'Never',
                command: ['/bin/bash', '-c', startScript],
                env: [{ name: 'PGPASSWORD', valueFrom: { secretKeyRef: { name: 'postgres', key: 'password' } } }],
                readinessProbe: { tcpSocket: { port: 5432 }, periodSeconds: 1 },
              },
            ],
          },
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'postgres', namespace },
      spec: { selector: labels, ports: [{ port: 5432 }] },
    },
  );
  cluster.kubectl(['-n', namespace, 'rollout', 'status', 'deployment/postgres', '--timeout=60s'], { timeout: 70_000 });
}

/** Runs SQL in the Pod of the server; returns its unaligned output. */
export const sql = (cluster: Cluster, database: string, text: string): string =>
  cluster
    .kubectl(
      [
        ...['-n', namespaces.subject, 'exec', '-i', 'deployment/postgres', '--'],
        ...['psql', '-h', '127.0.0.1', '-U', 'postgres', '-d', database, '-v', 'ON_ERROR_STOP=1', '-qAt', '-f', '-'],
      ],
      { input: text },
    )
    .trim();

const backstay = path.resolve(import.meta.dirname, '../../../engine/cli/dist/backstay.mjs');
const administrator = 'international-workers-association';

/** What a user of the older ecosystem has: a user with a password, and a collection. */
export function applyRepositoryObjects(cluster: Cluster, collection: string): void {
  const hash = execFileSync(process.execPath, [backstay, 'repository', '--encode-password', 'admin']).toString().trim();
  const metadata = (name: string) => ({ name, namespace: namespaces.backstay });
  const api = 'backups.riotkit.org/v1alpha1';
  apply(
    cluster,
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: metadata(`${administrator}-secret`),
      data: { password: hash },
    },
    {
      apiVersion: api,
      kind: 'BackupUser',
      metadata: metadata(administrator),
      spec: {
        email: 'iwa@example.org',
        roles: ['systemAdmin'],
        passwordFromRef: { name: `${administrator}-secret`, entry: 'password' },
      },
    },
    {
      apiVersion: api,
      kind: 'BackupCollection',
      metadata: metadata(collection),
      spec: {
        description: 'International Workers Association',
        filenameTemplate: `${collection}-\${version}.gpg`,
        maxBackupsCount: 5,
        maxOneVersionSize: '1M',
        maxCollectionSize: '10M',
        strategyName: 'fifo',
        strategySpec: {},
      },
    },
  );
}

/** Sends a request as a program beside the Pods does, and returns its status and JSON. */
export function call(
  cluster: Cluster,
  request: { url: string; method?: string; headers?: Record<string, string>; body?: object },
): { status: number; cookie: string; data: unknown } {
  const program = `const { url, method, headers, body } = JSON.parse(require('fs').readFileSync(0, 'utf8'));
    fetch(url, { method, headers: { 'content-type': 'application/json', ...headers }, body: body && JSON.stringify(body) })
      .then(async (reply) => console.log(JSON.stringify({ status: reply.status,
        cookie: (reply.headers.get('set-cookie') ?? '').split(';')[0], data: JSON.parse(await reply.text() || 'null') })));`;
  return JSON.parse(cluster.run([process.execPath, '-e', program], { input: JSON.stringify(request) }));
}

/** Origin of a Service of the release. */
export function addressOf(cluster: Cluster, service: string): string {
  const { spec } = get<KubeObject & { spec: { clusterIP: string; ports: { port: number }[] } }>(
    cluster,
    ...['-n', namespaces.backstay, 'service', service],
  );
  return new URL(`http://${spec.clusterIP}:${spec.ports[0]?.port}`).origin;
}

export function repositoryToken(cluster: Cluster, url: string): string {
  const body = { username: administrator, password: 'admin' };
  const { status, data } = call(cluster, { url: `${url}/api/stable/auth/login`, method: 'POST', body });
  if (status !== 200) throw new Error(`The login answers ${status}: ${JSON.stringify(data)}`);
  return (data as { data: { token: string } }).data.token;
}
