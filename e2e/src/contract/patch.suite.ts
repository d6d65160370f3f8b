import { describe, expect, it } from 'vitest';
import type { Api } from './api.ts';
import { batch, configMap, container, core, job, unique } from './fixtures.ts';

export function patchSuite(api: () => Api): void {
  describe('patch', () => {
    const made = async (more: object = {}) => {
      const name = unique('cm');
      await api().post(`${core}/configmaps`, configMap(name, more));
      return `${core}/configmaps/${name}`;
    };

    it('applies JSON patches', async () => {
      const path = await made({ data: { a: '1' } });
      const reply = await api().patch('json', path, [
        { op: 'test', path: '/data/a', value: '1' },
        { op: 'replace', path: '/data/a', value: '3' },
        { op: 'add', path: '/data/b', value: '4' },
        { op: 'copy', from: '/data/b', path: '/data/c' },
        { op: 'move', from: '/data/b', path: '/data/d' },
        { op: 'add', path: '/metadata/annotations', value: {} },
        { op: 'add', path: '/metadata/annotations/example.com~1x', value: 'y' },
      ]);
      expect(reply.status).toBe(200);
      expect(reply.body.data).toEqual({ a: '3', c: '4', d: '4' });
      expect((await api().patch('json', path, [{ op: 'test', path: '/data/a', value: '9' }])).status).toBe(422);
      expect((await api().patch('json', path, [{ op: 'remove', path: '/data/missing' }])).status).toBe(422);
      expect((await api().patch('json', path, { op: 'remove' })).status).toBe(400);
    });

    it('applies merge patches', async () => {
      const path = await made({ data: { a: '1', b: '2' } });
      const reply = await api().patch('merge', path, { data: { a: null, c: '3' }, metadata: { labels: { x: 'y' } } });
      expect(reply.body.data).toEqual({ b: '2', c: '3' });
      expect(reply.body.metadata.labels).toEqual({ x: 'y' });
      const stale = await api().patch('merge', path, { metadata: { resourceVersion: '1' }, data: { z: '1' } });
      expect(stale.status).toBe(409);
      const dry = await api().patch('merge', `${path}?dryRun=All`, { data: { dry: '1' } });
      expect(dry.body.data.dry).toBe('1');
      expect((await api().get(path)).body.data.dry).toBeUndefined();
      expect((await api().patch('merge', `${core}/configmaps/missing`, { data: {} })).status).toBe(404);
    });

    it('does not rename, and refuses unknown patch types', async () => {
      const path = await made();
      const renamed = await api().patch('merge', path, { metadata: { name: 'other' } });
      expect(renamed.status).toBe(400);
      expect((await api().call('PATCH', path, { body: {}, type: 'application/json' })).status).toBe(415);
    });

    it('merges lists by their keys in strategic merge patches', async () => {
      const name = unique('job');
      const path = `${batch}/jobs/${name}`;
      const containers = [
        {
          ...container,
          env: [
            { name: 'A', value: '1' },
            { name: 'B', value: '2' },
          ],
        },
        { ...container, name: 'other' },
      ];
      await api().post(`${batch}/jobs`, {
        ...job(name, {}, { containers }),
        metadata: { name, finalizers: ['example.com/a'] },
      });
      const dry = (body: unknown) => api().patch('strategic', `${path}?dryRun=All`, body);
      const finalizers = await dry({ metadata: { finalizers: ['example.com/b'] } });
      expect(finalizers.body.metadata.finalizers).toEqual(['example.com/b', 'example.com/a']);
      const removed = await dry({ metadata: { '$deleteFromPrimitiveList/finalizers': ['example.com/a'] } });
      expect(removed.body.metadata.finalizers).toBeUndefined();
      await api().patch('merge', path, { metadata: { finalizers: null } });
    });

    it('merges, deletes, replaces and orders containers of a Deployment', async () => {
      const name = unique('deploy');
      const root = '/apis/apps/v1/namespaces/default/deployments';
      const env = [
        { name: 'A', value: '1' },
        { name: 'B', value: '2' },
      ];
      const created = await api().post(root, {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name },
        spec: {
          replicas: 0,
          selector: { matchLabels: { app: name } },
          template: {
            metadata: { labels: { app: name } },
            spec: {
              containers: [
                { ...container, env },
                { ...container, name: 'other' },
              ],
            },
          },
        },
      });
      expect(created.status).toBe(201);
      const dry = async (podSpec: object) => {
        const { body, text } = await api().patch('strategic', `${root}/${name}?dryRun=All`, {
          spec: { template: { spec: podSpec } },
        });
        expect(body.kind, text).toBe('Deployment');
        return body.spec.template.spec.containers;
      };
      const changed = await dry({
        containers: [
          {
            name: 'main',
            env: [
              { name: 'B', value: '3' },
              { name: 'C', value: '4' },
            ],
          },
        ],
      });
      expect(changed.map((item: { name: string }) => item.name)).toEqual(['main', 'other']);
      expect(changed[0].image).toBe(container.image);
      const values = Object.fromEntries(
        changed[0].env.map((item: { name: string; value: string }) => [item.name, item.value]),
      );
      expect(values).toEqual({ A: '1', B: '3', C: '4' });
      const fewer = await dry({ containers: [{ name: 'main', $patch: 'delete' }] });
      expect(fewer.map((item: { name: string }) => item.name)).toEqual(['other']);
      const replaced = await dry({ containers: [{ $patch: 'replace' }, { name: 'new', image: 'x:1' }] });
      expect(replaced.map((item: { name: string }) => item.name)).toEqual(['new']);
      const ordered = await dry({
        '$setElementOrder/containers': [{ name: 'other' }, { name: 'main' }],
        containers: [{ name: 'main', image: 'y:1' }],
      });
      expect(ordered.map((item: { name: string }) => item.name)).toEqual(['other', 'main']);
      const strategy = await api().patch('strategic', `${root}/${name}?dryRun=All`, {
        spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } },
      });
      expect(strategy.body.spec.strategy).toEqual({ type: 'Recreate' });
    });

    it('takes ownership of what a patch changes', async () => {
      const path = await made({ data: { a: '1', b: '2' } });
      const { body } = await api().patch('merge', `${path}?fieldManager=patcher`, { data: { a: '9' } });
      const managers = Object.fromEntries(
        body.metadata.managedFields.map((entry: { manager: string; fieldsV1: unknown }) => [
          entry.manager,
          entry.fieldsV1,
        ]),
      );
      expect(managers).toEqual({
        contract: { 'f:data': { '.': {}, 'f:b': {} } },
        patcher: { 'f:data': { 'f:a': {} } },
      });
    });
  });
}
