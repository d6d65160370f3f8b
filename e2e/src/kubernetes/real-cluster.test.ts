import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { waitUntil } from '@backstay/kubernetes/testing';
import { type KubeObject, requestHeader } from '@backstay/shared';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { releaseSet } from '../../../engine/cli/src/release-set.gen.ts';
import { bareImage, bareImageName } from './bare-image.ts';
import { type Cluster, defaultPlace, startCluster } from './cluster.ts';
import { postgresImage, productImage, removeImages } from './images.ts';
import { clusterBinaries, whyNoCluster } from './prerequisites.ts';
import { findHelm, installChart } from './release.ts';
import { applyClusterTemplate, applySchedule, jobsOf, requestAction, succeeds } from './schedule.ts';
import {
  addressOf,
  apply,
  applyRepositoryObjects,
  call,
  deployPostgres,
  get,
  namespaces,
  repositoryToken,
  sql,
} from './subject.ts';

const missing = whyNoCluster();
const collection = 'iwa-ait';
const leaseName = '7b93e0c3.riotkit.org';
const repositoryUrl = 'http://backstay-repository.backups.svc:8080';

const values = {
  controller: { replicas: 2 },
  repository: {
    existingSecret: 'repository-keys',
    database: { type: 'postgresql', host: 'postgres.subject.svc', name: 'backstay', existingSecret: 'repository-db' },
    // Requests of the tests come from one address.
    extraArgs: ['--rate-auth-limit=1000'],
  },
};

describe.skipIf(missing !== undefined)(`a cluster with real Pods${missing ? ` (${missing})` : ''}`, () => {
  const place = defaultPlace(clusterBinaries() ?? '');
  const helm = missing === undefined ? findHelm() : undefined;
  let cluster: Cluster;
  let token: string;

  /** A volume that a claim without a class can have: a folder of the node, for the user of the image. */
  const makeVolume = (name: string): void => {
    const folder = path.join(place.folder, 'volumes', name);
    mkdirSync(folder, { recursive: true });
    chownSync(folder, 65_532, 65_532);
    chmodSync(folder, 0o750);
    apply(cluster, {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name },
      spec: {
        capacity: { storage: '10Gi' },
        accessModes: ['ReadWriteOnce'],
        hostPath: { path: folder },
        claimRef: { namespace: namespaces.backstay, name },
      },
    });
  };

  const secret = (name: string, stringData: Record<string, string>) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: namespaces.backstay },
    stringData,
  });

  beforeAll(async () => {
    if (helm === undefined) throw new Error('Helm is missing, and so is Go, with which it could be built.');
    const [product, postgres] = [productImage(), await postgresImage()];
    cluster = await startCluster(place);
    for (const archive of [product, postgres]) cluster.load(archive);
    removeImages();
    for (const name of Object.values(namespaces)) cluster.kubectl(['create', 'namespace', name]);
    deployPostgres(cluster);
    await waitUntil('PostgreSQL', () => {
      try {
        return sql(cluster, 'postgres', 'select 1') === '1';
      } catch {
        return false;
      }
    });
    sql(
      cluster,
      'postgres',
      `create database movies; create role keeper login password 'keeper'; create database backstay owner keeper`,
    );
    apply(
      cluster,
      secret('repository-keys', { 'jwt-secret-key': 'a key of the tests only', 'health-check-key': 'health' }),
      secret('repository-db', { username: 'keeper', password: 'keeper' }),
    );
    for (const name of ['backstay-repository', 'backstay-console']) makeVolume(name);
    installChart(cluster, helm, { namespace: namespaces.backstay, values });
    applyRepositoryObjects(cluster, collection);
    token = repositoryToken(cluster, addressOf(cluster, 'backstay-repository'));
  }, 900_000);
  afterAll(() => cluster?.stop(), 60_000);

  const titles = () => sql(cluster, 'movies', 'select title from movies order by id');
  const freshMovies = () =>
    sql(
      cluster,
      'movies',
      "drop table if exists movies; create table movies (id serial primary key, title text); insert into movies (title) values ('first')",
    );
  const holder = () =>
    get<KubeObject & { spec: { holderIdentity?: string } }>(cluster, '-n', namespaces.backstay, 'lease', leaseName).spec
      .holderIdentity ?? '';

  it.each([
    ['the internal procedure pg15', 'app1', { kind: 'internal', name: 'pg15' }],
    [
      'a ClusterBackupProcedureTemplate',
      'app2',
      { kind: 'ClusterBackupProcedureTemplate', name: 'pg15-test-template' },
    ],
  ])('backs up, and restores what was changed, by %s', async (_title, name, templateRef) => {
    applyClusterTemplate(cluster, 'pg15-test-template');
    freshMovies();
    applySchedule(cluster, { name, templateRef, collection, repository: repositoryUrl, token });
    requestAction(cluster, `${name}-backup`, { schedule: name, action: 'backup' });
    await succeeds(cluster, `${name}-backup`);

    sql(cluster, 'movies', "insert into movies (title) values ('second')");
    expect(titles()).toBe('first\nsecond');
    requestAction(cluster, `${name}-restore`, { schedule: name, action: 'restore' });
    await succeeds(cluster, `${name}-restore`);
    expect(titles()).toBe('first');
    expect([jobsOf(cluster, `${name}-backup`).length, jobsOf(cluster, `${name}-restore`).length]).toEqual([1, 1]);
  });

  it.each([['before the Job is made'], ['while the Job runs']])(
    'survives the loss of the leading controller %s',
    async (when) => {
      const name = when.startsWith('before') ? 'lost1' : 'lost2';
      freshMovies();
      applySchedule(cluster, {
        ...{ name, collection, repository: repositoryUrl, token },
        templateRef: { kind: 'internal', name: 'pg15' },
      });
      await waitUntil('the schedule', () =>
        cluster
          .kubectl([
            '-n',
            namespaces.subject,
            'get',
            'scheduledbackup',
            name,
            '-o',
            'jsonpath={.status.conditions[0].status}',
          ])
          .includes('True'),
      );
      const leader = holder();
      const pod = leader.split('_')[0] ?? '';
      requestAction(cluster, `${name}-backup`, { schedule: name, action: 'backup' });
      if (when.startsWith('while')) await waitUntil('the Job', () => jobsOf(cluster, `${name}-backup`).length === 1);
      const killed = Date.now();
      cluster.crash(namespaces.backstay, pod);
      cluster.kubectl(['-n', namespaces.backstay, 'delete', 'pod', pod, '--force', '--grace-period=0']);
      await waitUntil('another leader', () => holder() !== '' && holder() !== leader, 60_000);
      const takeover = Date.now() - killed;
      process.stdout.write(`a lost leader was replaced after ${(takeover / 1000).toFixed(1)} s\n`);
      expect(takeover).toBeLessThanOrEqual(30_000);
      await succeeds(cluster, `${name}-backup`);
      expect(jobsOf(cluster, `${name}-backup`)).toHaveLength(1);

      sql(cluster, 'movies', "insert into movies (title) values ('second')");
      requestAction(cluster, `${name}-restore`, { schedule: name, action: 'restore' });
      await succeeds(cluster, `${name}-restore`);
      expect(titles()).toBe('first');
      expect(jobsOf(cluster, `${name}-restore`)).toHaveLength(1);
    },
  );

  it('prints in its image the release set that belongs together', () => {
    const command = ['-n', namespaces.backstay, 'exec', 'deployment/backstay-console', '--'];
    const printed = cluster.kubectl([...command, 'backstay', 'version', '--set', '--json']);
    expect(JSON.parse(printed)).toEqual(releaseSet);
    expect(parse(cluster.kubectl([...command, 'cat', '/opt/backstay/release.yaml']))).toEqual(releaseSet);
    expect(cluster.kubectl([...command, 'backup-maker', 'version']).trim()).toBe(releaseSet.release);
  });

  it('injects a client that runs where there is no Node and no C library, and by any user', async () => {
    cluster.load(await bareImage(place.folder));
    const volumeMounts = [{ name: 'init', mountPath: '/mnt/init' }];
    const anybody = {
      runAsUser: 12_345,
      runAsNonRoot: true,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    };
    apply(cluster, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'bare', namespace: namespaces.subject },
      spec: {
        restartPolicy: 'Never',
        initContainers: [
          {
            ...{ name: 'injector', image: releaseSet.image, imagePullPolicy: 'Never', volumeMounts },
            command: ['/usr/bin/backup-maker-inject', '/mnt/init'],
            securityContext: anybody,
          },
        ],
        containers: [
          {
            ...{ name: 'main', image: bareImageName, imagePullPolicy: 'Never', volumeMounts },
            command: [
              '/bin/sh',
              '-ec',
              'PATH=$PATH:/mnt/init; backup-maker version; cd /mnt/init; ./backup-maker version',
            ],
            securityContext: anybody,
          },
        ],
        volumes: [{ name: 'init', emptyDir: { medium: 'Memory' } }],
      },
    });
    const pod = ['-n', namespaces.subject, 'pod/bare'];
    cluster.kubectl(['wait', '--for=jsonpath={.status.phase}=Succeeded', ...pod, '--timeout=60s'], { timeout: 70_000 });
    expect(cluster.kubectl(['logs', ...pod])).toBe(`${releaseSet.release}\n${releaseSet.release}\n`);
  });

  it('signs people in to the console with a token of the cluster, and shows what they may see', async () => {
    const base = addressOf(cluster, 'backstay-console');
    const signIn = (account: string) => {
      cluster.kubectl(['-n', namespaces.subject, 'create', 'serviceaccount', account]);
      const proof = cluster.kubectl(['-n', namespaces.subject, 'create', 'token', account]).trim();
      expect(proof.length).toBeGreaterThan(256);
      return call(cluster, {
        url: `${base}/api/session`,
        method: 'POST',
        headers: { origin: base, [requestHeader]: '1' },
        body: { code: proof },
      });
    };
    const schedules = (cookie: string) =>
      call(cluster, { url: `${base}/api/schedules?namespace=${namespaces.subject}`, headers: { cookie } });

    applySchedule(cluster, {
      ...{ name: 'seen', collection, repository: repositoryUrl, token },
      templateRef: { kind: 'internal', name: 'pg15' },
    });
    const stranger = signIn('stranger');
    expect(stranger).toMatchObject({
      status: 200,
      data: { user: { name: `system:serviceaccount:${namespaces.subject}:stranger` }, cluster: { mode: 'kubernetes' } },
    });
    expect(JSON.stringify(schedules(stranger.cookie).data)).not.toContain('seen');
    const viewer = signIn('viewer');
    cluster.kubectl([
      ...['-n', namespaces.subject, 'create', 'rolebinding', 'viewer', '--clusterrole=view'],
      `--serviceaccount=${namespaces.subject}:viewer`,
    ]);
    await waitUntil('the schedule in the console', () =>
      JSON.stringify(schedules(viewer.cookie).data).includes('"seen"'),
    );
    expect(JSON.stringify(schedules(stranger.cookie).data)).not.toContain('seen');
  });

  it('keeps what it holds over an upgrade of the release', async () => {
    if (helm === undefined) throw new Error('no helm');
    installChart(cluster, helm, {
      namespace: namespaces.backstay,
      values: { ...values, repository: { ...values.repository, logLevel: 'info', podAnnotations: { again: 'true' } } },
    });
    sql(cluster, 'movies', "insert into movies (title) values ('third')");
    requestAction(cluster, 'after-upgrade', { schedule: 'lost2', action: 'restore' });
    await succeeds(cluster, 'after-upgrade');
    expect(titles()).toBe('first');
  });
});
