import { execFileSync } from 'node:child_process';
import type { ConfigMap, CronJob, Job, KubeObject, PodSpec, Secret } from '@backstay/shared';
import { describe, expect, it } from 'vitest';
import { ProcedureError } from './procedure-error.ts';
import { type RenderProcedureOptions, renderProcedure } from './render-procedure.ts';
import { exampleAction, exampleSchedule, exampleTemplate, exampleVars } from './testing/scheduled-backup.ts';
import { buildDefinition } from './vars/definition.ts';

const render = (options: Partial<RenderProcedureOptions> = {}): KubeObject[] => {
  const scheduledBackup = options.scheduledBackup ?? exampleSchedule();
  return renderProcedure({
    scheduledBackup,
    operation: 'backup',
    template: scheduledBackup.spec.templateRef.name,
    definition: buildDefinition({ scheduledBackup, action: options.action }).definition,
    key: options.operation === 'restore' ? 'PRIVATE KEY' : 'PUBLIC KEY',
    ...options,
  });
};

const withVars = (vars: string) => exampleSchedule({ vars: exampleVars + vars });
const find = <T extends KubeObject>(objects: KubeObject[], kind: T['kind'], name?: string): T => {
  const found = objects.find((object) => object.kind === kind && (name === undefined || object.metadata.name === name));
  if (!found) throw new Error(`no ${kind}`);
  return found as T;
};
const names = (objects: KubeObject[]) => objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
const decode = (secret: Secret, key: string) => Buffer.from(secret.data?.[key] ?? '', 'base64').toString();
const podOf = (objects: KubeObject[]): PodSpec => find<CronJob>(objects, 'CronJob').spec.jobTemplate.spec.template.spec;

describe('what a schedule needs', () => {
  it('is a Secret, a ConfigMap and, for its own operation, a CronJob, always in the same order', () => {
    expect(names(render())).toEqual(['Secret app1-backup', 'ConfigMap app1-backup', 'CronJob app1-backup']);
    expect(names(render({ operation: 'restore' }))).toEqual(['Secret app1-restore', 'ConfigMap app1-restore']);
    expect(JSON.stringify(render())).toBe(JSON.stringify(render()));
  });

  it('runs a restore by the clock when the schedule says so', () => {
    const scheduledBackup = exampleSchedule({ operation: 'restore' });
    expect(names(render({ scheduledBackup, operation: 'restore' }))).toContain('CronJob app1-restore');
    expect(names(render({ scheduledBackup, operation: 'backup' }))).not.toContain('CronJob app1-backup');
  });

  it('has no CronJob when it is off', () => {
    expect(names(render({ scheduledBackup: exampleSchedule({ cronJob: { enabled: false } }) }))).toHaveLength(2);
  });

  it('has no value outside of Secrets', () => {
    for (const template of ['pg15', exampleTemplate]) {
      const open = render({ template }).filter(({ kind }) => kind !== 'Secret');
      expect(JSON.stringify(open)).not.toMatch(/CANARY|db\.example|PUBLIC KEY/);
    }
  });

  it('keeps the private key out of the backup, and every key out of the environment', () => {
    const backup = find<Secret>(render(), 'Secret');
    expect(decode(backup, 'gpg-key')).toBe('PUBLIC KEY');
    expect(decode(find<Secret>(render({ operation: 'restore' }), 'Secret'), 'gpg-key')).toBe('PRIVATE KEY');
    const [container] = podOf(render()).containers;
    expect(container?.envFrom).toEqual([{ secretRef: { name: 'app1-backup' } }]);
    expect(container?.env).toContainEqual({ name: 'gpg-key', value: '' });
  });

  it('gives the script its values by name', () => {
    const secret = find<Secret>(render(), 'Secret');
    expect(decode(secret, 'BM_PARAM_PASSWORD')).toBe("CANARY-password '; rm -rf / #");
    expect(decode(secret, 'BM_PARAM_PORT')).toBe('5432');
    expect(decode(secret, 'BM_URL')).toBe('https://backups.example');
    expect(decode(secret, 'BM_AUTH_TOKEN')).toBe('CANARY-token');
  });

  it('renders a script that bash accepts', () => {
    for (const name of ['pg15', 'tar']) {
      for (const operation of ['backup', 'restore'] as const) {
        const scheduledBackup = withVars('  extra: 1\n');
        scheduledBackup.spec.vars = scheduledBackup.spec.vars.replace('Params:', 'Params:\n  path: /srv');
        const script = find<ConfigMap>(render({ scheduledBackup, operation, template: name }), 'ConfigMap').data?.[
          'app1'
        ];
        execFileSync('bash', ['-n'], { input: script });
        expect(script).toContain('/mnt/secrets/gpg-key');
      }
    }
  });

  it('carries the labels by which Jobs and Pods are found', () => {
    const cronJob = find<CronJob>(render(), 'CronJob');
    const expected = {
      'riotkit.org/backup-maker': 'true',
      'backstay.riotkit.org/schedule': 'app1',
      'backstay.riotkit.org/operation': 'backup',
    };
    expect(cronJob.metadata.labels).toEqual(expected);
    expect(cronJob.spec.jobTemplate.metadata?.labels).toEqual(expected);
    expect(cronJob.spec.jobTemplate.spec.template.metadata?.labels).toEqual(expected);
    expect(cronJob.metadata.annotations).toEqual({ 'riotkit.org/action': 'backup' });
    expect(cronJob.spec.jobTemplate.spec).toMatchObject({ parallelism: 1, backoffLimit: 0 });
    expect(cronJob.spec.jobTemplate.spec).not.toHaveProperty('selector');
    expect(cronJob.spec.concurrencyPolicy).toBe('Forbid');
  });
});

describe('a template of the cluster', () => {
  it('has its script in a Secret, and a launcher that runs it with its own shebang', () => {
    const objects = render({ template: exampleTemplate });
    expect(names(objects)).toEqual([
      'Secret app1-backup',
      'Secret app1-backup-script',
      'ConfigMap app1-backup',
      'CronJob app1-backup',
    ]);
    expect(decode(find<Secret>(objects, 'Secret', 'app1-backup-script'), 'app1')).toBe(
      `#!/bin/sh\nexport PGPASSWORD="CANARY-password '; rm -rf / #"\nexec dump /mnt/secrets/gpg-key\n`,
    );
    expect(find<ConfigMap>(objects, 'ConfigMap').data?.['app1']).toContain('exec "/mnt/init/app1.script"');
    const spec = podOf(objects);
    expect(spec.containers[0]?.image).toBe('ghcr.io/example/pgbr:1');
    expect(spec.volumes).toContainEqual({ name: 'script', secret: { secretName: 'app1-backup-script' } });
  });

  it('reports where a template is wrong', () => {
    const template = { ...exampleTemplate, spec: { ...exampleTemplate.spec, backup: 'x\n{{ .Params.nope }}' } };
    expect(() => render({ template })).toThrow(ProcedureError);
    expect(() => render({ template })).toThrow(
      /"pg15-test-template": line 2, column 4: map has no entry for key "nope"/,
    );
  });
});

describe('an action', () => {
  it('is one Job with a name of its own, which uses what the schedule has', () => {
    const objects = render({ operation: 'restore', action: exampleAction({ targetVersion: 'v3' }) });
    expect(objects).toHaveLength(1);
    const job = find<Job>(objects, 'Job');
    expect(job.metadata.name).toMatch(/^app1-restore-[0-9a-f]{10}$/);
    expect(job.metadata.labels).toMatchObject({ 'backstay.riotkit.org/action': 'restore-now' });
    expect(job.spec.template.metadata?.labels).toMatchObject({ 'backstay.riotkit.org/action': 'restore-now' });
    expect(job.metadata.annotations).toMatchObject({ 'backstay.riotkit.org/requested-by': 'jane' });
    expect(job.spec.template.spec.containers[0]?.env).toContainEqual({ name: 'RESTORE_VERSION', value: 'v3' });
    expect(job.spec.template.spec.containers[0]?.envFrom).toEqual([{ secretRef: { name: 'app1-restore' } }]);
  });

  it('has another name for another action, and the same for the same', () => {
    const name = (uid: string) => {
      const action = exampleAction();
      action.metadata.uid = uid;
      return find<Job>(render({ operation: 'restore', action }), 'Job').metadata.name;
    };
    expect(name('a')).toBe(name('a'));
    expect(name('a')).not.toBe(name('b'));
  });

  it('brings its own Secret when it has values of its own', () => {
    const action = exampleAction({ vars: 'Params: {db: elsewhere}' });
    const objects = render({ operation: 'restore', action });
    const secret = find<Secret>(objects, 'Secret');
    expect(secret.metadata.name).toMatch(/^app1-restore-[0-9a-f]{10}$/);
    expect(decode(secret, 'BM_PARAM_DB')).toBe('elsewhere');
    expect(decode(secret, 'BM_PARAM_HOSTNAME')).toBe('db.example');
    const job = find<Job>(objects, 'Job');
    expect(job.spec.template.spec.containers[0]?.envFrom).toEqual([{ secretRef: { name: secret.metadata.name } }]);
    expect(names(objects).at(-1)).toMatch(/^Job/);
  });

  it('fits a Job name of Kubernetes whatever the schedule is called', () => {
    const scheduledBackup = exampleSchedule();
    scheduledBackup.metadata.name = 'n'.repeat(200);
    const job = find<Job>(render({ scheduledBackup, operation: 'restore', action: exampleAction() }), 'Job');
    expect(job.metadata.name.length).toBeLessThanOrEqual(63);
    expect(job.metadata.labels?.['backstay.riotkit.org/schedule']?.length).toBeLessThanOrEqual(63);
  });
});

describe('HelmValues', () => {
  it('change the objects', () => {
    const scheduledBackup = withVars(`HelmValues:
  name: other
  image: my/image
  backupMakerImage: my/client
  env: {A: "1", B: 2, C: null, D: "\${X}"}
  extraEnvFrom: [{configMapRef: {name: cm}}]
  extraVolumes: [{name: v, persistentVolumeClaim: {claimName: pvc}}]
  extraVolumeMounts: [{name: v, mountPath: /data}]
  resources: {limits: {memory: 1Gi}}
  securityContext: {runAsNonRoot: true}
  podSecurityContext: {fsGroup: 1000}
  serviceAccountName: sa
  nodeSelector: {disk: ssd}
  tolerations: [{key: k, operator: Exists}]
  labels: {team: a, "riotkit.org/backup-maker": "no"}
  imagePullSecrets: [{name: pull}]
  concurrencyPolicy: Allow
  successfulJobsHistoryLimit: 1
  failedJobsHistoryLimit: "2"
  ttlSecondsAfterFinished: 60
  activeDeadlineSeconds: 3600
  unknown: ignored
`);
    const objects = render({ scheduledBackup });
    expect(names(objects)).toEqual(['Secret other-backup', 'ConfigMap other-backup', 'CronJob other-backup']);
    const secret = find<Secret>(objects, 'Secret');
    expect(['A', 'B', 'C', 'D'].map((key) => decode(secret, key))).toEqual(['1', '2', '', '${X}']);
    const cronJob = find<CronJob>(objects, 'CronJob');
    expect(cronJob.spec).toMatchObject({
      concurrencyPolicy: 'Allow',
      successfulJobsHistoryLimit: 1,
      failedJobsHistoryLimit: 2,
      jobTemplate: { spec: { ttlSecondsAfterFinished: 60, activeDeadlineSeconds: 3600 } },
    });
    expect(cronJob.metadata.labels).toMatchObject({ team: 'a', 'riotkit.org/backup-maker': 'true' });
    const spec = podOf(objects);
    expect(spec).toMatchObject({
      serviceAccountName: 'sa',
      nodeSelector: { disk: 'ssd' },
      securityContext: { fsGroup: 1000 },
    });
    expect(spec.initContainers?.[0]?.image).toBe('my/client');
    expect(spec.containers[0]).toMatchObject({ image: 'my/image', resources: { limits: { memory: '1Gi' } } });
    expect(spec.containers[0]?.volumeMounts).toContainEqual({ name: 'v', mountPath: '/data' });
    expect(find<ConfigMap>(objects, 'ConfigMap').data).toHaveProperty('app1');
  });

  it('reach the Pod as lists and objects', () => {
    const scheduledBackup = withVars(`HelmValues:
  imagePullPolicy: IfNotPresent
  extraEnvFrom: [{configMapRef: {name: cm}}]
  extraVolumes: [{name: v, emptyDir: {}}]
  securityContext: {runAsNonRoot: true}
  tolerations: [{key: k, operator: Exists}]
  affinity: {nodeAffinity: {}}
  labels: {team: a}
  imagePullSecrets: [{name: pull}]
  startingDeadlineSeconds: 30
  schedule: "5 5 * * *"
  timeZone: Europe/Warsaw
  suspend: "true"
`);
    const objects = render({ scheduledBackup });
    expect(podOf(objects)).toMatchObject({
      tolerations: [{ key: 'k', operator: 'Exists' }],
      affinity: { nodeAffinity: {} },
      imagePullSecrets: [{ name: 'pull' }],
    });
    expect(podOf(objects).volumes).toContainEqual({ name: 'v', emptyDir: {} });
    const [main] = podOf(objects).containers;
    expect(main?.envFrom).toContainEqual({ configMapRef: { name: 'cm' } });
    expect(main).toMatchObject({ imagePullPolicy: 'IfNotPresent', securityContext: { runAsNonRoot: true } });
    const { spec } = find<CronJob>(objects, 'CronJob');
    const clock = { schedule: '5 5 * * *', timeZone: 'Europe/Warsaw', suspend: true };
    expect(spec).toMatchObject({ ...clock, startingDeadlineSeconds: 30 });
    expect(spec.jobTemplate.spec.template.metadata?.labels).toMatchObject({ team: 'a' });
  });

  it('are refused by name when they cannot be used', () => {
    const scheduledBackup = withVars('HelmValues: {ttlSecondsAfterFinished: soon, extraVolumes: 5}\n');
    expect(() => render({ scheduledBackup })).toThrow(/HelmValues.extraVolumes.*HelmValues.ttlSecondsAfterFinished/);
  });
});

describe('bad input', () => {
  it('names the parameters that are missing', () => {
    const scheduledBackup = exampleSchedule({ vars: 'Params: {db: x}\nRepository: {url: u}' });
    expect(() => render({ scheduledBackup })).toThrow(/Params.hostname, Params.user, Params.password/);
  });

  it('says that a procedure does not exist', () => {
    expect(() => render({ template: 'pg99' })).toThrow(/no built-in procedure "pg99"/);
  });

  it('gives a CronJob whose name would be too long a shorter one, another for each', () => {
    const nameOf = (name: string): string | undefined => {
      const scheduledBackup = exampleSchedule();
      scheduledBackup.metadata.name = name;
      return render({ scheduledBackup }).find(({ kind }) => kind === 'CronJob')?.metadata.name;
    };
    expect(nameOf('n'.repeat(45))).toBe(`${'n'.repeat(45)}-backup`);
    const long = ['n'.repeat(46), 'n'.repeat(60), `${'n'.repeat(60)}m`].map(nameOf);
    expect(new Set(long).size).toBe(3);
    expect(long.every((name) => /^n{41}-[0-9a-f]{10}$/.test(name ?? ''))).toBe(true);
    expect(nameOf('n'.repeat(60))).toBe(long[1]);
  });

  it('takes old names of built-in procedures', () => {
    expect(podOf(render({ template: 'pg13' })).containers[0]?.image).toContain('postgres:13');
    expect(podOf(render({ template: 'postgres' })).containers[0]?.image).toContain('postgres:18');
  });
});

describe('a SealedSecret in place of the key', () => {
  const sealed = (change = '') => `apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata: {name: sealed-key, namespace: subject}
spec: {encryptedData: {gpg-key: AgBy}}
${change}`;

  it('is applied as it is, and the Pod uses its Secret', () => {
    const objects = render({ key: sealed() });
    expect(names(objects)).toEqual([
      'Secret app1-backup',
      'ConfigMap app1-backup',
      'SealedSecret sealed-key',
      'CronJob app1-backup',
    ]);
    expect(find<Secret>(objects, 'Secret').data).not.toHaveProperty('gpg-key');
    const spec = podOf(objects);
    expect(spec.volumes).toContainEqual({ name: 'secrets', secret: { secretName: 'sealed-key' } });
    expect(spec.containers[0]?.envFrom).toContainEqual({ secretRef: { name: 'sealed-key' } });
  });

  it.each([
    [sealed().replace('gpg-key: AgBy', 'other: x'), /SealedSecret is invalid: spec.encryptedData/],
    [sealed().replace('subject', 'other'), /SealedSecret is invalid: its namespace/],
    [sealed().replace('sealed-key', 'app1-backup'), /SealedSecret is invalid: it must not be named/],
    [sealed('  }]'), /SealedSecret is invalid: it is not YAML/],
  ])('is refused with a reason: %#', (key, message) => {
    expect(() => render({ key })).toThrow(message);
  });
});
