import { describe, expect, it } from 'vitest';
import type { Api } from './api.ts';
import { conditionOf, definitions, eventually, newGroup, served, widgets } from './widgets.ts';

export function customResourceDefinitionSuite(api: () => Api): void {
  describe('definitions of custom resources', () => {
    it('establishes a definition and serves its kind', async () => {
      const { group, path } = await served(api());
      const { body } = await api().get(`${definitions}/widgets.${group}`);
      expect(conditionOf(body, 'NamesAccepted')).toBe('True');
      expect(body.status.storedVersions).toEqual(['v1']);
      expect(body.status.acceptedNames).toEqual({
        kind: 'Widget',
        listKind: 'WidgetList',
        plural: 'widgets',
        singular: 'widget',
        shortNames: ['wd'],
      });
      expect(body.spec.conversion).toEqual({ strategy: 'None' });
      const list = await api().get(path);
      expect(list.body).toMatchObject({ kind: 'WidgetList', apiVersion: `${group}/v1`, items: [] });
      const resources = await api().get(`/apis/${group}/v1`);
      expect(resources.body.resources.map(({ name }: { name: string }) => name).sort()).toEqual([
        'widgets',
        'widgets/status',
      ]);
    });

    it('refuses definitions whose rules cannot be read', async () => {
      const definition = widgets(newGroup());
      const [version] = definition.spec.versions;
      const openAPIV3Schema = { type: 'object', 'x-kubernetes-validations': [{ rule: 'self.size >' }] };
      const broken = {
        ...definition,
        spec: { ...definition.spec, versions: [{ ...version, schema: { openAPIV3Schema } }] },
      };
      const reply = await api().post(definitions, broken);
      expect(reply.status).toBe(422);
      expect(reply.body.details.causes[0].field).toContain('x-kubernetes-validations[0].rule');
    });

    it('refuses definitions that are not structural or misnamed', async () => {
      const definition = widgets(newGroup());
      const [version] = definition.spec.versions;
      const unstructured = {
        ...definition,
        spec: {
          ...definition.spec,
          versions: [{ ...version, schema: { openAPIV3Schema: { type: 'object', properties: { spec: {} } } } }],
        },
      };
      const reply = await api().post(definitions, unstructured);
      expect(reply.status).toBe(422);
      expect(JSON.stringify(reply.body.details.causes)).toContain('openAPIV3Schema.properties[spec].type');
      const misnamed = await api().post(definitions, { ...definition, metadata: { name: 'gadgets.example.com' } });
      expect(misnamed.status).toBe(422);
      expect(misnamed.body.details.causes[0].field).toBe('metadata.name');
    });

    it('removes the objects with their definition', async () => {
      const { path, group, widget } = await served(api());
      await api().post(path, widget({ size: 1 }));
      const reply = await api().delete(`${definitions}/widgets.${group}`);
      expect(reply.status).toBe(200);
      await eventually(
        () => api().get(`${definitions}/widgets.${group}`),
        ({ status }) => status === 404,
      );
      await eventually(
        () => api().get(path),
        ({ status }) => status === 404,
      );
    });

    it('describes the kind in OpenAPI', async () => {
      const { group } = await served(api());
      const { body } = await eventually(
        () => api().get(`/openapi/v3/apis/${group}/v1`),
        ({ status }) => status === 200,
      );
      const schemas = Object.values(body.components.schemas) as {
        'x-kubernetes-group-version-kind'?: object[];
        properties?: object;
      }[];
      const widget = schemas.find((schema) =>
        JSON.stringify(schema['x-kubernetes-group-version-kind'])?.includes('"Widget"'),
      );
      expect(widget?.properties).toMatchObject({ spec: { properties: { size: { type: 'integer' } } } });
      expect(Object.keys(body.paths)).toContain(`/apis/${group}/v1/namespaces/{namespace}/widgets/{name}`);
    });
  });
}
