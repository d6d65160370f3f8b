import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { kubeApiserverAssets, startKubeApiserver } from '@backstay/kubernetes/testing';
import type { KubeObject } from '@backstay/shared';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { findHelm, lintChart, renderChart } from './release.ts';

const root = resolve(import.meta.dirname, '../../..');
const helm = findHelm();

interface Role extends KubeObject {
  rules: { resources: string[]; verbs: string[] }[];
}

const objectsOf = (values?: object): KubeObject[] =>
  parseAllDocuments(renderChart(helm ?? '', values)).flatMap((document) => {
    const object = document.toJS() as KubeObject | null;
    return object === null ? [] : [object];
  });

const find = <T extends KubeObject = KubeObject>(objects: KubeObject[], kind: string, name: string): T => {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (found === undefined) throw new Error(`There is no ${kind} ${name}`);
  return found as T;
};

interface PodSpec {
  containers: { args: string[]; securityContext: object; env: { name: string; value?: string }[] }[];
  securityContext: object;
}
const podOf = (object: KubeObject): PodSpec =>
  (object as unknown as { spec: { template: { spec: PodSpec } } }).spec.template.spec;

/** Everything that can be switched on. */
const everything = {
  imagePullSecrets: [{ name: 'pull' }],
  commonLabels: { team: 'backup' },
  networkPolicy: { enabled: true },
  controller: {
    replicas: 3,
    namespace: 'subject',
    nodeSelector: { disk: 'ssd' },
    tolerations: [{ operator: 'Exists' }],
  },
  repository: {
    replicas: 2,
    namespace: 'collections',
    existingSecret: 'keys',
    database: { type: 'postgresql', host: 'db', existingSecret: 'db' },
    storage: { url: 's3://bucket?region=eu-central-1', existingSecret: 'bucket' },
    extraArgs: ['--trusted-proxies=10.0.0.0/8'],
    extraEnv: [{ name: 'TZ', value: 'Europe/Warsaw' }],
    ingress: { enabled: true, host: 'backups.example.org', tlsSecret: 'tls', className: 'nginx' },
  },
  console: { existingSecret: 'console', ingress: { enabled: true, host: 'console.example.org' } },
};

const exampleSchedule = {
  apiVersion: 'riotkit.org/v1alpha1',
  kind: 'ScheduledBackup',
  metadata: { name: 'app1', namespace: 'subject' },
  spec: {
    operation: 'backup',
    collectionId: 'iwa-ait',
    cronJob: { enabled: true },
    gpgKeySecretRef: {
      ...{ secretName: 'keys', publicKey: '', privateKey: '', passphraseKey: '' },
      ...{ email: 'iwa@example.org', createIfNotExists: true },
    },
    templateRef: { kind: 'internal', name: 'pg15' },
    tokenSecretRef: { secretName: 'keys', tokenKey: 'token' },
    varsSecretRef: {},
    vars: '',
  },
};

describe.skipIf(helm === undefined)('the chart', () => {
  it('passes the linter', () => {
    expect(lintChart(helm ?? '')).toContain('0 chart(s) failed');
  });

  it('gives each part the rights of the tables, and no others', () => {
    const rights = parse(readFileSync(join(root, 'deploy/chart/files/rights.json'), 'utf8'));
    const objects = objectsOf();
    const rules = (kind: string, name: string) => find<Role>(objects, kind, name).rules;
    expect(rules('ClusterRole', 'backups-backstay-controller')).toEqual([
      ...rights.controller.work,
      ...rights.controller.cluster,
    ]);
    expect(rules('Role', 'backstay-controller-leader-election')).toEqual(rights.controller.election);
    expect(rules('Role', 'backstay-repository')).toEqual(rights.repository);
    expect(rules('ClusterRole', 'backups-backstay-console')).toEqual(rights.console);
    const bound = objects.filter(({ kind }) => kind === 'ClusterRoleBinding').map(({ metadata }) => metadata.name);
    expect(bound.sort()).toEqual(['backups-backstay-console', 'backups-backstay-controller']);
  });

  it('limits a controller of one namespace to it', () => {
    const objects = objectsOf({ controller: { namespace: 'subject' } });
    expect(find<Role>(objects, 'Role', 'backstay-controller').metadata.namespace).toBe('subject');
    const cluster = find<Role>(objects, 'ClusterRole', 'backups-backstay-controller').rules;
    expect(cluster.flatMap(({ resources }) => resources)).toEqual(['clusterbackupproceduretemplates']);
  });

  it('brings the custom resources of the product, and keeps them when it is removed', () => {
    const rendered = objectsOf().filter(({ kind }) => kind === 'CustomResourceDefinition');
    const folder = join(root, 'deploy/crds');
    const expected = readdirSync(folder).map((file) => parse(readFileSync(join(folder, file), 'utf8')));
    for (const definition of expected) {
      const found = find(rendered, 'CustomResourceDefinition', definition.metadata.name);
      expect(found['spec']).toEqual(definition.spec);
      expect(found.metadata.annotations).toMatchObject({ 'helm.sh/resource-policy': 'keep' });
    }
    expect(rendered).toHaveLength(expected.length);
    expect(objectsOf({ crds: { install: false } }).some(({ kind }) => kind === 'CustomResourceDefinition')).toBe(false);
  });

  it('runs nothing as root, nor with a writable file system', () => {
    const pods = objectsOf(everything)
      .filter(({ kind }) => kind === 'Deployment' || kind === 'Job')
      .map(podOf);
    expect(pods).toHaveLength(4);
    for (const { containers, securityContext } of pods) {
      expect(securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 65_532 });
      for (const container of containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
      }
    }
  });

  it('writes no secret into a command line or a plain variable', () => {
    const [container] = podOf(find(objectsOf(everything), 'Deployment', 'backstay-repository')).containers;
    expect(container?.args.join(' ')).not.toMatch(/password|jwt|secret/i);
    const plain = container?.env.filter(({ value }) => value !== undefined).map(({ name }) => name);
    expect(plain).toEqual(['BR_LOG_LEVEL', 'BR_STORAGE_DRIVER_URL', 'TZ']);
  });

  it.each([
    [{ repository: { replcas: 2 } }, 'replcas'],
    [{ controller: { replicas: 'two' } }, '/controller/replicas'],
    [{ repository: { replicas: 2 } }, 'several replicas need repository.database.type postgresql'],
    [
      { repository: { replicas: 2, database: { type: 'postgresql', host: 'db', existingSecret: 'db' } } },
      'several replicas need a bucket',
    ],
    [{ repository: { database: { type: 'postgresql' } } }, 'postgresql needs host, and existingSecret'],
    [{ console: { ingress: { enabled: true } } }, 'console.ingress.host'],
    [{ repository: { enabled: false } }, 'console.repositoryUrl'],
  ])('refuses %j, saying why', (values, words) => {
    expect(() => renderChart(helm ?? '', values)).toThrow(words);
  });

  describe.skipIf(kubeApiserverAssets() === undefined)('on a real kube-apiserver (KUBEBUILDER_ASSETS)', () => {
    let server: Awaited<ReturnType<typeof startKubeApiserver>>;
    let folder: string;
    const kubectl = (...args: string[]) =>
      execFileSync(join(kubeApiserverAssets() ?? '', 'kubectl'), ['--kubeconfig', server.kubeconfigPath, ...args], {
        stdio: 'pipe',
      }).toString();
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'backstay-chart-'));
      server = await startKubeApiserver();
      for (const name of ['backups', 'subject', 'collections']) kubectl('create', 'namespace', name);
    });
    afterAll(async () => {
      await server?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    it.each([
      ['its defaults', {}],
      ['everything', everything],
      ['parts of it', { console: { enabled: false }, controller: { enabled: false }, rbac: { create: false } }],
    ])('is accepted with %s', (_name, values) => {
      const file = join(folder, 'rendered.yaml');
      writeFileSync(file, renderChart(helm ?? '', values));
      const accepted = kubectl('apply', '--server-side', '--dry-run=server', '-o', 'name', '-f', file);
      expect(accepted.trim().split('\n')).toHaveLength(objectsOf(values).length);
    });

    it('takes the definitions over from an older chart, and no schedule is lost on the way, nor when it is removed', () => {
      const old = join(folder, 'old');
      mkdirSync(join(old, 'templates'), { recursive: true });
      writeFileSync(join(old, 'Chart.yaml'), 'apiVersion: v2\nname: old\nversion: 1.0.0\n');
      const definition = 'scheduledbackups.riotkit.org';
      copyFileSync(join(root, `deploy/crds/${definition}.yaml`), join(old, 'templates/crd.yaml'));
      const run = (...args: string[]) =>
        execFileSync(helm ?? '', ['--kubeconfig', server.kubeconfigPath, '--namespace', 'backups', ...args], {
          stdio: 'pipe',
        });
      run('install', 'old', old);
      kubectl('wait', '--for=condition=Established', `crd/${definition}`);
      const schedule = join(folder, 'schedule.yaml');
      writeFileSync(schedule, JSON.stringify(exampleSchedule));
      kubectl('apply', '-f', schedule);

      kubectl('annotate', `crd/${definition}`, '--overwrite', 'meta.helm.sh/release-name=backstay');
      kubectl('-n', 'backups', 'delete', 'secret', '-l', 'owner=helm,name=old');
      run('install', 'backstay', join(root, 'deploy/chart'), '--no-hooks');
      const found = () => kubectl('-n', 'subject', 'get', 'scheduledbackups', '-o', 'name').trim();
      expect(found()).toBe('scheduledbackup.riotkit.org/app1');
      run('uninstall', 'backstay', '--no-hooks');
      expect(found()).toBe('scheduledbackup.riotkit.org/app1');
    });
  });
});
