import { describe, expect, it } from 'vitest';
import type { Api } from './api.ts';
import { batch, container, core, cronJob, deployment, job, plainMeta, unique } from './fixtures.ts';

export function builtInKindSuite(api: () => Api): void {
  describe('built-in kinds', () => {
    it('fills a Job as Kubernetes does', async () => {
      const name = unique('job');
      const { status, body } = await api().post(`${batch}/jobs`, job(name));
      expect(status).toBe(201);
      const { uid } = body.metadata;
      const labels = {
        'batch.kubernetes.io/controller-uid': uid,
        'batch.kubernetes.io/job-name': name,
        'controller-uid': uid,
        'job-name': name,
      };
      expect(plainMeta(body)).toEqual({
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: expect.objectContaining({ name, namespace: 'default', generation: 1 }),
        spec: {
          parallelism: 1,
          completions: 1,
          backoffLimit: 6,
          completionMode: 'NonIndexed',
          manualSelector: false,
          podReplacementPolicy: 'TerminatingOrFailed',
          suspend: true,
          selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } },
          template: {
            metadata: { labels },
            spec: {
              restartPolicy: 'Never',
              terminationGracePeriodSeconds: 30,
              dnsPolicy: 'ClusterFirst',
              securityContext: {},
              schedulerName: 'default-scheduler',
              containers: [
                {
                  ...container,
                  resources: {},
                  terminationMessagePath: '/dev/termination-log',
                  terminationMessagePolicy: 'File',
                  imagePullPolicy: 'IfNotPresent',
                },
              ],
            },
          },
        },
        status: {},
      });
    });

    it('refuses wrong Jobs', async () => {
      const always = await api().post(`${batch}/jobs`, job('x', {}, { restartPolicy: 'Always' }));
      expect(always.status).toBe(422);
      expect(always.body.details.causes.map(({ field }: { field: string }) => field)).toContain(
        'spec.template.spec.restartPolicy',
      );
      const empty = await api().post(`${batch}/jobs`, job('x', {}, { containers: [] }));
      expect(empty.body.details.causes.map(({ field }: { field: string }) => field)).toContain(
        'spec.template.spec.containers',
      );
      const mounted = { ...container, volumeMounts: [{ name: 'nope', mountPath: '/x' }] };
      const unmountable = await api().post(`${batch}/jobs`, job('x', {}, { containers: [mounted] }));
      expect(unmountable.body.details.causes[0]).toMatchObject({
        reason: 'FieldValueNotFound',
        field: 'spec.template.spec.containers[0].volumeMounts[0].name',
      });
      const name = unique('job');
      await api().post(`${batch}/jobs`, job(name, { suspend: false }));
      const changed = await api().patch('strategic', `${batch}/jobs/${name}`, {
        spec: { template: { spec: { containers: [{ name: 'main', image: 'other' }] } } },
      });
      expect(changed.status).toBe(422);
      expect(changed.body.message).toContain('field is immutable');
      await api().delete(`${batch}/jobs/${name}`, { propagationPolicy: 'Background' });
    });

    it('fills and checks CronJobs', async () => {
      const name = unique('cron');
      const { status, body } = await api().post(`${batch}/cronjobs`, cronJob(name, { suspend: true }));
      expect(status).toBe(201);
      expect(body.spec).toMatchObject({
        concurrencyPolicy: 'Allow',
        successfulJobsHistoryLimit: 3,
        failedJobsHistoryLimit: 1,
        suspend: true,
      });
      const field = async (spec: object) => {
        const reply = await api().post(`${batch}/cronjobs?dryRun=All`, cronJob('x', spec));
        return [reply.status, reply.body.details?.causes?.[0]?.field];
      };
      expect(await field({ schedule: '* * *' })).toEqual([422, 'spec.schedule']);
      expect(await field({ schedule: '61 * * * *' })).toEqual([422, 'spec.schedule']);
      expect(await field({ schedule: '@every 1h' })).toEqual([201, undefined]);
      expect(await field({ schedule: '*/5 0-6/2 1,15 jan mon' })).toEqual([201, undefined]);
      expect(await field({ timeZone: 'Mars/Base' })).toEqual([422, 'spec.timeZone']);
      expect(await field({ timeZone: 'Europe/Warsaw' })).toEqual([201, undefined]);
      expect(await field({ concurrencyPolicy: 'Maybe' })).toEqual([422, 'spec.concurrencyPolicy']);
      const long = await api().post(`${batch}/cronjobs?dryRun=All`, cronJob('x'.repeat(53)));
      expect(long.status).toBe(422);
    });

    it('counts generations of the spec only, and keeps status apart', async () => {
      const name = unique('job');
      const path = `${batch}/jobs/${name}`;
      await api().post(`${batch}/jobs`, job(name));
      const labelled = await api().patch('merge', path, { metadata: { labels: { a: 'b' } } });
      expect(labelled.body.metadata.generation).toBe(1);
      const tuned = await api().patch('merge', path, { spec: { backoffLimit: 2 }, status: { active: 7 } });
      expect(tuned.body.metadata.generation).toBe(2);
      expect(tuned.body.status?.active).toBeUndefined();
      const status = await api().patch('merge', `${path}/status`, { spec: { backoffLimit: 9 }, status: { ready: 0 } });
      expect(status.status).toBe(200);
      expect(status.body.spec.backoffLimit).toBe(2);
      expect(status.body.status.ready).toBe(0);
      expect(status.body.metadata.generation).toBe(2);
    });

    it('fills and scales a Deployment', async () => {
      const name = unique('deploy');
      const path = `/apis/apps/v1/namespaces/default/deployments`;
      const { status, body } = await api().post(path, deployment(name));
      expect(status).toBe(201);
      expect(body.spec).toMatchObject({
        revisionHistoryLimit: 10,
        progressDeadlineSeconds: 600,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
      });
      const scale = await api().get(`${path}/${name}/scale`);
      expect(scale.body).toMatchObject({ kind: 'Scale', apiVersion: 'autoscaling/v1', spec: {} });
      const scaled = await api().patch('merge', `${path}/${name}/scale`, { spec: { replicas: 0 } });
      expect(scaled.status).toBe(200);
      const other = await api().patch('merge', `${path}/${name}`, {
        spec: { selector: { matchLabels: { app: 'z' } } },
      });
      expect(other.status).toBe(422);
    });

    it('serves leases, RBAC and claims', async () => {
      const name = unique('thing');
      const lease = await api().post('/apis/coordination.k8s.io/v1/namespaces/default/leases', {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name },
        spec: { holderIdentity: 'me', leaseDurationSeconds: 15, renewTime: '2026-01-02T03:04:05.000006Z' },
      });
      expect(lease.status).toBe(201);
      expect(lease.body.spec.renewTime).toBe('2026-01-02T03:04:05.000006Z');
      const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';
      const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name } };
      const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }];
      expect((await api().post(`${rbac}/roles`, { ...role, rules })).status).toBe(201);
      expect((await api().post(`${rbac}/roles?dryRun=All`, { ...role, rules: [{ verbs: ['get'] }] })).status).toBe(422);
      const claim = await api().post(`${core}/persistentvolumeclaims`, {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      });
      expect(claim.status).toBe(201);
      expect(claim.body.spec.volumeMode).toBe('Filesystem');
    });
  });
}
