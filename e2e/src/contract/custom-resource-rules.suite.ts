import { describe, expect, it } from 'vitest';
import type { Api, Reply } from './api.ts';
import { definitions, eventually, newGroup, served, specSchema, widgets } from './widgets.ts';

export function customResourceRuleSuite(api: () => Api): void {
  describe('rules of custom resources', () => {
    it('checks the rules of a schema, and holds an update to what it changes', async () => {
      const rule = (text: string, message?: string) => ({ rule: text, ...(message === undefined ? {} : { message }) });
      const group = newGroup();
      const definition = widgets(group);
      const [version] = definition.spec.versions;
      const lenient = { ...specSchema, properties: { ...specSchema.properties } };
      const strict = {
        ...lenient,
        properties: { ...lenient.properties, name: { type: 'string', pattern: '^[a-z]+$', maxLength: 3 } },
        'x-kubernetes-validations': [
          rule("!has(self.mode) || self.mode != 'fast' || self.size > 3", 'fast ones are big'),
          rule('self.size >= oldSelf.size', 'cannot shrink'),
        ],
      };
      const withSpec = (schema: object, more: object = {}) => ({
        ...definition,
        spec: {
          ...definition.spec,
          versions: [
            {
              ...version,
              schema: {
                openAPIV3Schema: {
                  type: 'object',
                  properties: { spec: schema, status: version?.schema.openAPIV3Schema.properties.status },
                  ...more,
                },
              },
            },
          ],
        },
      });
      const { path, widget } = await served(api(), withSpec(lenient) as typeof definition);
      const older = widget({ size: 2, mode: 'fast', name: 'older' }, 'older');
      expect((await api().post(path, older)).status).toBe(201);
      const url = `${definitions}/widgets.${group}`;
      const whole = [rule("self.metadata.name != 'never'", 'not this name')];
      const changed = await api().call('PATCH', url, {
        body: { spec: withSpec(strict, { 'x-kubernetes-validations': whole }).spec },
        headers: { 'content-type': 'application/merge-patch+json' },
      });
      expect(changed.status, changed.text).toBe(200);
      await eventually(
        () => api().post(path, widget({ size: 2, mode: 'fast' })),
        ({ status }) => status === 422,
      );
      const patch = async (body: object, name = 'older') =>
        api().call('PATCH', `${path}/${name}`, { body, headers: { 'content-type': 'application/merge-patch+json' } });
      const refused = (reply: Reply): unknown => [
        reply.status,
        reply.body.details?.causes?.[0]?.field,
        reply.body.message,
      ];
      expect(refused(await api().post(path, widget({ size: 2, mode: 'fast' })))).toEqual([
        422,
        'spec',
        expect.stringContaining('fast ones are big'),
      ]);
      expect(refused(await api().post(path, widget({ size: 2 }, 'never')))).toEqual([
        422,
        expect.anything(),
        expect.stringContaining('not this name'),
      ]);
      expect((await patch({ metadata: { labels: { a: 'b' } } })).status).toBe(200);
      expect((await patch({ spec: { tags: ['x'] } })).status).toBe(422);
      expect((await patch({ spec: { mode: 'slow' } })).status).toBe(200);
      expect((await patch({ spec: { size: 5, tags: ['x'] } })).status).toBe(200);
      expect((await patch({ spec: { name: 'other' } })).status).toBe(422);
      expect(refused(await patch({ spec: { size: 4 } }))).toEqual([
        422,
        'spec',
        expect.stringContaining('cannot shrink'),
      ]);
    });
  });
}
