import { describe, expect, it } from 'vitest';
import type { Api } from './api.ts';
import {
  batch,
  configMap,
  container,
  core,
  createNamespace,
  cronJob,
  deployment,
  job,
  plainMeta,
  unique,
} from './fixtures.ts';

export function objectSuite(api: () => Api): void {
  describe('create, read, update, delete', () => {
    it('creates an object with system metadata and reads it back', async () => {
      const name = unique('cm');
      const created = await api().post(`${core}/configmaps`, configMap(name));
      expect(created.status).toBe(201);
      expect(created.body.metadata).toMatchObject({ name, namespace: 'default' });
      expect(created.body.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
      expect(created.body.metadata.resourceVersion).toMatch(/^[0-9]+$/);
      expect(created.body.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect(created.body.metadata.generation).toBeUndefined();
      const read = await api().get(`${core}/configmaps/${name}`);
      expect(read.status).toBe(200);
      expect(read.body).toEqual(created.body);
    });

    it('records who set which field', async () => {
      const name = unique('cm');
      const labels = { app: 'x' };
      const created = await api().post(`${core}/configmaps?fieldManager=me`, configMap(name, {}, { labels }));
      expect(created.body.metadata.managedFields).toEqual([
        {
          apiVersion: 'v1',
          fieldsType: 'FieldsV1',
          fieldsV1: { 'f:data': { '.': {}, 'f:a': {} }, 'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } } },
          manager: 'me',
          operation: 'Update',
          time: created.body.metadata.creationTimestamp,
        },
      ]);
    });

    it('answers a missing object with a NotFound status', async () => {
      const reply = await api().get(`${batch}/jobs/missing`);
      expect(reply.status).toBe(404);
      expect(reply.body).toEqual({
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: 'jobs.batch "missing" not found',
        reason: 'NotFound',
        details: { name: 'missing', group: 'batch', kind: 'jobs' },
        code: 404,
      });
    });

    it('refuses a second object of the same name', async () => {
      const name = unique('cm');
      await api().post(`${core}/configmaps`, configMap(name));
      const reply = await api().post(`${core}/configmaps`, configMap(name));
      expect(reply.status).toBe(409);
      expect(reply.body).toMatchObject({
        reason: 'AlreadyExists',
        message: `configmaps "${name}" already exists`,
        details: { name, kind: 'configmaps' },
      });
    });

    it('makes names from generateName', async () => {
      const reply = await api().post(`${core}/configmaps`, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { generateName: 'gen-' },
      });
      expect(reply.status).toBe(201);
      expect(reply.body.metadata.name).toMatch(/^gen-[a-z0-9]{5}$/);
      expect(reply.body.metadata.generateName).toBe('gen-');
    });

    it('keeps nothing of a dry run', async () => {
      const name = unique('cm');
      const reply = await api().post(`${core}/configmaps?dryRun=All`, configMap(name));
      expect(reply.status).toBe(201);
      expect(reply.body.metadata.uid).toBeTruthy();
      expect((await api().get(`${core}/configmaps/${name}`)).status).toBe(404);
      expect((await api().post(`${core}/configmaps?dryRun=Some`, configMap(name))).status).toBe(422);
    });

    it('refuses creation in a namespace that is missing', async () => {
      const reply = await api().post('/api/v1/namespaces/nowhere/configmaps', configMap('x'));
      expect(reply.status).toBe(404);
      expect(reply.body.message).toBe('namespaces "nowhere" not found');
    });

    it('refuses an object of another namespace, kind or version than the path', async () => {
      const other = await api().post(`${core}/configmaps`, configMap('x', {}, { namespace: 'kube-system' }));
      expect(other.status).toBe(400);
      expect(other.body.message).toBe(
        'the namespace of the provided object does not match the namespace sent on the request',
      );
      expect((await api().post(`${core}/configmaps`, { ...configMap('x'), kind: 'Secret' })).status).toBe(400);
      expect((await api().post(`${core}/configmaps`, { ...configMap('x'), apiVersion: 'v2' })).status).toBe(400);
    });

    it('replaces an object, and refuses a stale version', async () => {
      const name = unique('cm');
      const { body } = await api().post(`${core}/configmaps`, configMap(name));
      const next = await api().put(`${core}/configmaps/${name}`, { ...body, data: { b: '2' } });
      expect(next.status).toBe(200);
      expect(next.body.data).toEqual({ b: '2' });
      expect(Number(next.body.metadata.resourceVersion)).toBeGreaterThan(Number(body.metadata.resourceVersion));
      const stale = await api().put(`${core}/configmaps/${name}`, { ...body, data: { c: '3' } });
      expect(stale.status).toBe(409);
      expect(stale.body).toMatchObject({
        reason: 'Conflict',
        message: `Operation cannot be fulfilled on configmaps "${name}": the object has been modified; please apply your changes to the latest version and try again`,
        details: { name, kind: 'configmaps' },
      });
      const { resourceVersion: _, ...unversioned } = next.body.metadata;
      expect((await api().put(`${core}/configmaps/${name}`, { ...next.body, metadata: unversioned })).status).toBe(200);
    });

    it('does not write what changes nothing', async () => {
      const name = unique('cm');
      const { body } = await api().post(`${core}/configmaps`, configMap(name));
      const again = await api().put(`${core}/configmaps/${name}`, body);
      expect(again.body.metadata.resourceVersion).toBe(body.metadata.resourceVersion);
    });

    it('refuses a replacement with another name or uid', async () => {
      const name = unique('cm');
      const { body } = await api().post(`${core}/configmaps`, configMap(name));
      const renamed = await api().put(`${core}/configmaps/${name}`, configMap('other'));
      expect(renamed.status).toBe(400);
      const metadata = { ...body.metadata, uid: '00000000-0000-0000-0000-000000000000', resourceVersion: undefined };
      const foreign = await api().put(`${core}/configmaps/${name}`, { ...body, metadata });
      expect(foreign.status).toBe(409);
    });

    it('deletes with preconditions', async () => {
      const name = unique('cm');
      const { body } = await api().post(`${core}/configmaps`, configMap(name));
      const wrong = await api().delete(`${core}/configmaps/${name}`, {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        preconditions: { uid: 'wrong' },
      });
      expect(wrong.status).toBe(409);
      expect(wrong.body.reason).toBe('Conflict');
      const right = await api().delete(`${core}/configmaps/${name}`, { preconditions: { uid: body.metadata.uid } });
      expect(right.status).toBe(200);
      expect(right.body).toMatchObject({
        kind: 'Status',
        status: 'Success',
        details: { name, kind: 'configmaps', uid: body.metadata.uid },
      });
      expect((await api().delete(`${core}/configmaps/${name}`)).status).toBe(404);
    });

    it('holds an object with finalizers until they are gone', async () => {
      const name = unique('cm');
      const path = `${core}/configmaps/${name}`;
      await api().post(`${core}/configmaps`, configMap(name, {}, { finalizers: ['example.com/hold'] }));
      const marked = await api().delete(path);
      expect(marked.status).toBe(200);
      const held = await api().get(path);
      expect(held.body.metadata.deletionTimestamp).toBeTruthy();
      expect(held.body.metadata.deletionGracePeriodSeconds).toBe(0);
      const more = await api().patch('merge', path, {
        metadata: { finalizers: ['example.com/hold', 'example.com/new'] },
      });
      expect(more.status).toBe(422);
      expect((await api().patch('merge', path, { metadata: { finalizers: null } })).status).toBe(200);
      expect((await api().get(path)).status).toBe(404);
    });

    it('marks an object for the garbage collector by propagation policy', async () => {
      for (const [policy, finalizer] of [
        ['Foreground', 'foregroundDeletion'],
        ['Orphan', 'orphan'],
      ]) {
        const name = unique('cm');
        const path = `${core}/configmaps/${name}`;
        // Another finalizer keeps a garbage collector from finishing.
        await api().post(`${core}/configmaps`, configMap(name, {}, { finalizers: ['example.com/hold'] }));
        const reply = await api().delete(path, { propagationPolicy: policy });
        expect(reply.status).toBe(200);
        expect(reply.body.metadata.finalizers).toContain(finalizer);
        await api().patch('merge', path, { metadata: { finalizers: null } });
      }
      expect((await api().delete(`${core}/configmaps/x`, { propagationPolicy: 'Sideways' })).status).toBe(422);
    });

    it('deletes a collection by selector', async () => {
      const group = unique('group');
      const names = [unique('cm'), unique('cm')];
      for (const name of names) await api().post(`${core}/configmaps`, configMap(name, {}, { labels: { group } }));
      const other = unique('cm');
      await api().post(`${core}/configmaps`, configMap(other));
      const reply = await api().delete(`${core}/configmaps?labelSelector=group%3D${group}`);
      expect(reply.status).toBe(200);
      for (const name of names) expect((await api().get(`${core}/configmaps/${name}`)).status).toBe(404);
      expect((await api().get(`${core}/configmaps/${other}`)).status).toBe(200);
    });

    it('terminates a namespace and refuses new content meanwhile', async () => {
      const name = await createNamespace(api());
      const path = `/api/v1/namespaces/${name}/configmaps`;
      await api().post(path, configMap('held', {}, { finalizers: ['example.com/hold'] }));
      const reply = await api().delete(`/api/v1/namespaces/${name}`);
      expect(reply.status).toBe(200);
      expect(reply.body.status.phase).toBe('Terminating');
      const refused = await api().post(path, configMap('late'));
      expect(refused.status).toBe(403);
      expect(refused.body.message).toContain(
        `unable to create new content in namespace ${name} because it is being terminated`,
      );
      await api().patch('merge', `${path}/held`, { metadata: { finalizers: null } });
    });
  });

  describe('validation', () => {
    it('words a bad name as Kubernetes does', async () => {
      const reply = await api().post(`${core}/configmaps`, configMap('Bad_Name'));
      expect(reply.status).toBe(422);
      expect(reply.body.reason).toBe('Invalid');
      expect(reply.body.details).toMatchObject({ name: 'Bad_Name', kind: 'ConfigMap' });
      expect(reply.body.details.causes).toEqual([
        expect.objectContaining({ reason: 'FieldValueInvalid', field: 'metadata.name' }),
      ]);
      expect(reply.body.message).toBe(
        "ConfigMap \"Bad_Name\" is invalid: metadata.name: Invalid value: \"Bad_Name\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
      );
    });

    it('requires a name', async () => {
      const reply = await api().post(`${core}/configmaps`, { apiVersion: 'v1', kind: 'ConfigMap', metadata: {} });
      expect(reply.status).toBe(422);
      expect(reply.body.details.causes[0]).toMatchObject({ reason: 'FieldValueRequired', field: 'metadata.name' });
    });

    it('refuses bad labels, keys of data and a wrong type of a member', async () => {
      const labelled = await api().post(`${core}/configmaps`, configMap('x', {}, { labels: { 'a b': 'c' } }));
      expect(labelled.body.details.causes[0].field).toBe('metadata.labels');
      const keyed = await api().post(`${core}/configmaps`, configMap('x', { data: { 'a b': 'c' } }));
      expect(keyed.status).toBe(422);
      expect(keyed.body.details.causes[0].field).toBe('data[a b]');
      const typed = await api().post(`${core}/configmaps`, configMap('x', { data: { a: 1 } }));
      expect(typed.status).toBe(400);
      expect(typed.body.reason).toBe('BadRequest');
    });

    it('keeps strict, warning and lenient field validation apart', async () => {
      const object = { ...configMap(unique('cm')), wrong: 1, metadata: { name: unique('cm'), odd: true } };
      const strict = await api().post(`${core}/configmaps?fieldValidation=Strict`, object);
      expect(strict.status).toBe(400);
      expect(strict.body.message).toContain(
        'strict decoding error: unknown field "metadata.odd", unknown field "wrong"',
      );
      const warned = await api().post(`${core}/configmaps?fieldValidation=Warn&dryRun=All`, object);
      expect(warned.status).toBe(201);
      expect(warned.headers['warning']).toContain('unknown field \\"wrong\\"');
      expect(warned.body.wrong).toBeUndefined();
      const ignored = await api().post(`${core}/configmaps?fieldValidation=Ignore&dryRun=All`, object);
      expect(ignored.status).toBe(201);
      expect(ignored.headers['warning']).toBeUndefined();
      const twice = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"data":{"a":"1","a":"2"}}`;
      const duplicate = await api().call('POST', `${core}/configmaps?fieldValidation=Strict`, { body: twice });
      expect(duplicate.body.message).toContain('duplicate field "data.a"');
    });

    it('reads YAML', async () => {
      const name = unique('cm');
      const body = `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n  text: |\n    two\n    lines\n`;
      const reply = await api().call('POST', `${core}/configmaps`, { body, type: 'application/yaml' });
      expect(reply.status).toBe(201);
      expect(reply.body.data.text).toBe('two\nlines\n');
    });

    it('refuses other media types, broken JSON and too large bodies', async () => {
      const plain = await api().call('POST', `${core}/configmaps`, { body: 'x', type: 'text/plain' });
      expect(plain.status).toBe(415);
      expect((await api().call('POST', `${core}/configmaps`, { body: '{' })).status).toBe(400);
      const large = configMap('x', { data: { a: 'x'.repeat(3 * 1024 * 1024) } });
      expect((await api().post(`${core}/configmaps`, large)).status).toBe(413);
    });

    it('keeps the data of Secrets in base64 and takes stringData', async () => {
      const name = unique('secret');
      const reply = await api().post(`${core}/secrets`, {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name },
        data: { a: 'YQ==' },
        stringData: { b: 'bb' },
      });
      expect(reply.body).toMatchObject({ type: 'Opaque', data: { a: 'YQ==', b: 'YmI=' } });
      expect(reply.body.stringData).toBeUndefined();
      const retyped = await api().patch('merge', `${core}/secrets/${name}`, { type: 'other' });
      expect(retyped.status).toBe(422);
      await api().patch('merge', `${core}/secrets/${name}`, { immutable: true });
      const changed = await api().patch('merge', `${core}/secrets/${name}`, { data: { a: 'Yg==' } });
      expect(changed.status).toBe(422);
      expect(changed.body.message).toContain('field is immutable when `immutable` is set');
    });
  });

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
