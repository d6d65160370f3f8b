import { describe, expect, it } from 'vitest';
import type { Api } from './api.ts';
import { batch, configMap, core, createNamespace, unique } from './fixtures.ts';

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
}
