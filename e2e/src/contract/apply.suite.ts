import { describe, expect, it } from 'vitest';
import type { Api } from './api.ts';
import { configMap, container, core, deployment, unique } from './fixtures.ts';

const deployments = '/apis/apps/v1/namespaces/default/deployments';

export function applySuite(api: () => Api): void {
  describe('server-side apply', () => {
    it('creates what is absent and records the applied fields', async () => {
      const name = unique('cm');
      const path = `${core}/configmaps/${name}`;
      const reply = await api().apply(`${path}?fieldManager=one`, configMap(name, {}, { labels: { x: 'y' } }));
      expect(reply.status).toBe(201);
      expect(reply.body.metadata.managedFields).toEqual([
        {
          apiVersion: 'v1',
          fieldsType: 'FieldsV1',
          fieldsV1: { 'f:data': { 'f:a': {} }, 'f:metadata': { 'f:labels': { 'f:x': {} } } },
          manager: 'one',
          operation: 'Apply',
          time: reply.body.metadata.creationTimestamp,
        },
      ]);
      const again = await api().apply(`${path}?fieldManager=one`, configMap(name, {}, { labels: { x: 'y' } }));
      expect(again.status).toBe(200);
      expect(again.body.metadata.resourceVersion).toBe(reply.body.metadata.resourceVersion);
    });

    it('removes what is no longer applied', async () => {
      const name = unique('cm');
      const path = `${core}/configmaps/${name}?fieldManager=one`;
      await api().apply(path, configMap(name, { data: { a: '1', b: '2' } }, { labels: { x: 'y' } }));
      const reply = await api().apply(path, configMap(name, { data: { b: '2' } }));
      expect(reply.body.data).toEqual({ b: '2' });
      expect(reply.body.metadata.labels).toBeUndefined();
    });

    it('refuses to change what another manager applied, and takes it by force', async () => {
      const name = unique('cm');
      const path = `${core}/configmaps/${name}`;
      await api().apply(`${path}?fieldManager=one`, configMap(name, { data: { a: '1', b: '2' } }));
      const reply = await api().apply(`${path}?fieldManager=two`, configMap(name, { data: { a: '9', c: '3' } }));
      expect(reply.status).toBe(409);
      expect(reply.body).toEqual({
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: 'Apply failed with 1 conflict: conflict with "one": .data.a',
        reason: 'Conflict',
        details: { causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.a' }] },
        code: 409,
      });
      const forced = await api().apply(
        `${path}?fieldManager=two&force=true`,
        configMap(name, { data: { a: '9', c: '3' } }),
      );
      expect(forced.body.data).toEqual({ a: '9', b: '2', c: '3' });
      const back = await api().apply(`${path}?fieldManager=one`, configMap(name, { data: { b: '2' } }));
      expect(back.body.data).toEqual({ a: '9', b: '2', c: '3' });
    });

    it('shares what two managers apply with one value, until both let go', async () => {
      const name = unique('cm');
      const path = `${core}/configmaps/${name}`;
      await api().apply(`${path}?fieldManager=one`, configMap(name, { data: { a: '1' } }));
      await api().apply(`${path}?fieldManager=two`, configMap(name, { data: { a: '1' } }));
      const kept = await api().apply(`${path}?fieldManager=one`, configMap(name, { data: undefined }));
      expect(kept.body.data).toEqual({ a: '1' });
      const gone = await api().apply(`${path}?fieldManager=two`, configMap(name, { data: undefined }));
      expect(gone.body.data).toBeUndefined();
    });

    it('words several conflicts, also with one who updated', async () => {
      const name = unique('cm');
      const path = `${core}/configmaps/${name}`;
      await api().post(`${core}/configmaps?fieldManager=editor`, configMap(name, { data: { a: '1', b: '2' } }));
      const reply = await api().apply(`${path}?fieldManager=two`, configMap(name, { data: { a: '8', b: '9' } }));
      expect(reply.body.message).toBe(
        `Apply failed with 2 conflicts: conflicts with "editor" using v1:\n- .data.a\n- .data.b`,
      );
    });

    it('merges keyed lists and keeps the items of others', async () => {
      const name = unique('deploy');
      const path = `${deployments}/${name}`;
      const made = await api().apply(`${path}?fieldManager=one`, deployment(name));
      expect(made.status, made.text).toBe(201);
      const sidecar = {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name },
        spec: { template: { spec: { containers: [{ name: 'side', image: 's:1', ports: [{ containerPort: 80 }] }] } } },
      };
      const both = await api().apply(`${path}?fieldManager=two`, sidecar);
      expect(both.status, both.text).toBe(200);
      const names = (body: { spec: { template: { spec: { containers: { name: string }[] } } } }) =>
        body.spec.template.spec.containers.map((item) => item.name).sort();
      expect(names(both.body)).toEqual(['main', 'side']);
      const conflict = await api().apply(`${path}?fieldManager=two`, {
        ...sidecar,
        spec: { template: { spec: { containers: [{ name: 'main', image: 'other:1' }] } } },
      });
      expect(conflict.body.message).toBe(
        'Apply failed with 1 conflict: conflict with "one": .spec.template.spec.containers[name="main"].image',
      );
      const without = await api().apply(`${path}?fieldManager=two`, { ...sidecar, spec: {} });
      expect(without.status, without.text).toBe(200);
      expect(names(without.body)).toEqual(['main']);
      expect(without.body.spec.template.spec.containers[0].image).toBe(container.image);
    });

    it('replaces atomic values as a whole', async () => {
      const name = unique('deploy');
      const path = `${deployments}/${name}?fieldManager=one`;
      const withArguments = (args: string[]) =>
        deployment(name, {
          template: { metadata: { labels: { app: name } }, spec: { containers: [{ ...container, args }] } },
        });
      await api().apply(path, withArguments(['a', 'b']));
      const reply = await api().apply(path, withArguments(['c']));
      expect(reply.body.spec.template.spec.containers[0].args).toEqual(['c']);
    });

    it('needs a manager, and gives ownership to those who write by other verbs', async () => {
      const name = unique('cm');
      const path = `${core}/configmaps/${name}`;
      const missing = await api().apply(path, configMap(name));
      expect(missing.status).toBe(422);
      expect(missing.body.message).toBe(
        'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
      );
      await api().apply(`${path}?fieldManager=one`, configMap(name));
      await api().patch('merge', `${path}?fieldManager=editor`, { data: { a: 'edited' } });
      const reply = await api().apply(`${path}?fieldManager=one`, configMap(name));
      expect(reply.status).toBe(409);
      expect(reply.body.details.causes[0].message).toBe('conflict with "editor" using v1');
      const forced = await api().patch('merge', `${path}?force=true`, {});
      expect(forced.status).toBe(422);
    });

    it('keeps nothing of a dry run', async () => {
      const name = unique('cm');
      const path = `${core}/configmaps/${name}`;
      const reply = await api().apply(`${path}?fieldManager=one&dryRun=All`, configMap(name));
      expect(reply.status).toBe(201);
      expect((await api().get(path)).status).toBe(404);
    });
  });
}
