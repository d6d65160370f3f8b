import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Api, Reply } from './api.ts';
import { plainMeta, unique } from './fixtures.ts';

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

const specSchema = {
  type: 'object',
  required: ['size'],
  properties: {
    size: { type: 'integer', minimum: 1, maximum: 10 },
    mode: { type: 'string', enum: ['slow', 'fast'], default: 'slow' },
    name: { type: 'string', pattern: '^[a-z]+$', maxLength: 5 },
    port: { 'x-kubernetes-int-or-string': true },
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    limits: { type: 'object', additionalProperties: { type: 'string' } },
    nested: { type: 'object', properties: { on: { type: 'boolean', default: true } } },
    items: {
      type: 'array',
      maxItems: 3,
      items: { type: 'object', required: ['key'], properties: { key: { type: 'string' }, value: { type: 'string' } } },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['key'],
    },
    tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
  },
};

const widgets = (group: string, more: object = {}) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `widgets.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { kind: 'Widget', plural: 'widgets', shortNames: ['wd'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [
          { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
          { name: 'Mode', type: 'string', jsonPath: '.spec.mode', priority: 1 },
          { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
        ],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: specSchema,
              status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
            },
          },
        },
      },
    ],
    ...more,
  },
});

const conditionOf = (body: { status?: { conditions?: { type: string; status: string }[] } }, type: string) =>
  body.status?.conditions?.find((condition) => condition.type === type)?.status;

async function eventually(probe: () => Promise<Reply>, done: (reply: Reply) => boolean): Promise<Reply> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const reply = await probe();
    if (done(reply)) return reply;
    if (Date.now() > deadline) throw new Error(`gave up waiting: ${reply.text}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function served(api: Api, definition = widgets(`g${randomBytes(4).toString('hex')}.example.com`)) {
  const { group } = definition.spec;
  const created = await api.post(definitions, definition);
  expect(created.status, created.text).toBe(201);
  await eventually(
    () => api.get(`${definitions}/${definition.metadata.name}`),
    ({ body }) => conditionOf(body, 'Established') === 'True',
  );
  const path = `/apis/${group}/v1/namespaces/default/widgets`;
  await eventually(
    () => api.get(path),
    ({ status }) => status === 200,
  );
  const widget = (spec: object, name = unique('w')) => ({
    apiVersion: `${group}/v1`,
    kind: 'Widget',
    metadata: { name },
    spec,
  });
  return { path, group, widget };
}

export function customResourceSuite(api: () => Api): void {
  describe('custom resources', () => {
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

    it('prunes, defaults and keeps unknown members where the schema says so', async () => {
      const { path, widget } = await served(api());
      const object = widget({
        size: 1,
        odd: 1,
        free: { any: { thing: [1] } },
        port: 'http',
        nested: {},
        limits: { a: 'b' },
      });
      const { status, body, text } = await api().post(path, object);
      expect(status, text).toBe(201);
      expect(plainMeta(body)).toEqual({
        ...object,
        metadata: { name: object.metadata.name, namespace: 'default', generation: 1 },
        spec: {
          size: 1,
          mode: 'slow',
          free: { any: { thing: [1] } },
          port: 'http',
          nested: { on: true },
          limits: { a: 'b' },
        },
      });
    });

    it('refuses what the schema refuses, in the words of Kubernetes', async () => {
      const { path, widget } = await served(api());
      const causes = async (spec: object) => {
        const { status, body } = await api().post(path, widget(spec, 'x'));
        return [status, ...(body.details?.causes ?? []).map((cause: object) => Object.values(cause).length && cause)];
      };
      const cause = (reason: string, field: string, message: string) => ({ reason, field, message });
      expect(await causes({})).toEqual([422, cause('FieldValueRequired', 'spec.size', 'Required value')]);
      expect(await causes({ size: 'big' })).toEqual([
        422,
        cause(
          'FieldValueTypeInvalid',
          'spec.size',
          'Invalid value: "string": spec.size in body must be of type integer: "string"',
        ),
      ]);
      expect(await causes({ size: 0 })).toEqual([
        422,
        cause(
          'FieldValueInvalid',
          'spec.size',
          'Invalid value: 0: spec.size in body should be greater than or equal to 1',
        ),
      ]);
      expect(await causes({ size: 11 })).toEqual([
        422,
        cause(
          'FieldValueInvalid',
          'spec.size',
          'Invalid value: 11: spec.size in body should be less than or equal to 10',
        ),
      ]);
      expect(await causes({ size: 1, mode: 'odd' })).toEqual([
        422,
        cause('FieldValueNotSupported', 'spec.mode', 'Unsupported value: "odd": supported values: "slow", "fast"'),
      ]);
      expect(await causes({ size: 1, name: 'AB' })).toEqual([
        422,
        cause('FieldValueInvalid', 'spec.name', 'Invalid value: "AB": spec.name in body should match \'^[a-z]+$\''),
      ]);
      expect((await causes({ size: 1, name: 'toolong' }))[1]).toMatchObject({
        reason: 'FieldValueTooLong',
        field: 'spec.name',
      });
      expect(await causes({ size: 1, port: true })).toEqual([
        422,
        cause(
          'FieldValueTypeInvalid',
          'spec.port',
          'Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"',
        ),
      ]);
      expect(await causes({ size: 1, items: [{ value: 'v' }] })).toEqual([
        422,
        cause('FieldValueRequired', 'spec.items[0].key', 'Required value'),
      ]);
      expect((await causes({ size: 1, items: [{ key: 'a' }, { key: 'a' }] }))[1]).toMatchObject({
        reason: 'FieldValueDuplicate',
        field: 'spec.items[1]',
      });
      expect((await causes({ size: 1, tags: ['a', 'a'] }))[1]).toMatchObject({
        reason: 'FieldValueDuplicate',
        field: 'spec.tags[1]',
      });
      const items = ['a', 'b', 'c', 'd'].map((key) => ({ key }));
      expect((await causes({ size: 1, items }))[1]).toMatchObject({ reason: 'FieldValueTooMany', field: 'spec.items' });
      const { body } = await api().post(path, widget({ size: 0 }, 'x'));
      expect(body.message).toBe(
        `Widget.${path.split('/')[2]} "x" is invalid: spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1`,
      );
    });

    it('checks unknown members strictly when asked', async () => {
      const { path, widget } = await served(api());
      const strict = await api().post(`${path}?fieldValidation=Strict`, widget({ size: 1, odd: 1, free: { x: 1 } }));
      expect(strict.status).toBe(400);
      expect(strict.body.message).toContain('strict decoding error: unknown field "spec.odd"');
      const warned = await api().post(path, widget({ size: 1, odd: 1 }));
      expect(warned.status).toBe(201);
      expect(warned.headers['warning']).toContain('unknown field \\"spec.odd\\"');
    });

    it('keeps status and spec apart and counts generations', async () => {
      const { path, widget } = await served(api());
      const object = { ...widget({ size: 1 }), status: { early: true } };
      const created = await api().post(path, object);
      expect(created.body.status).toBeUndefined();
      const one = `${path}/${object.metadata.name}`;
      const spec = await api().patch('merge', one, { spec: { size: 2 }, status: { phase: 'no' } });
      expect(spec.body).toMatchObject({ metadata: { generation: 2 }, spec: { size: 2 } });
      expect(spec.body.status).toBeUndefined();
      const status = await api().put(`${one}/status`, { ...spec.body, spec: { size: 9 }, status: { phase: 'done' } });
      expect(status.body).toMatchObject({ metadata: { generation: 2 }, spec: { size: 2 }, status: { phase: 'done' } });
      expect((await api().put(one, { ...object, metadata: { name: object.metadata.name } })).status).toBe(422);
      expect((await api().patch('strategic', one, {})).status).toBe(415);
    });

    it('applies by the list types of the schema', async () => {
      const { path, widget } = await served(api());
      const name = unique('w');
      const apply = (manager: string, spec: object) =>
        api().apply(`${path}/${name}?fieldManager=${manager}`, widget(spec, name));
      await apply('one', { size: 1, items: [{ key: 'a', value: '1' }], tags: ['x'] });
      const both = await apply('two', { items: [{ key: 'b', value: '2' }], tags: ['y'] });
      expect(both.status, both.text).toBe(200);
      expect(both.body.spec.items).toEqual([
        { key: 'a', value: '1' },
        { key: 'b', value: '2' },
      ]);
      expect([...both.body.spec.tags].sort()).toEqual(['x', 'y']);
      const conflict = await apply('two', { items: [{ key: 'a', value: '9' }] });
      expect(conflict.status).toBe(409);
      expect(conflict.body.message).toBe(
        'Apply failed with 1 conflict: conflict with "one": .spec.items[key="a"].value',
      );
      const without = await apply('two', {});
      expect(without.body.spec.items).toEqual([{ key: 'a', value: '1' }]);
      expect(without.body.spec.tags).toEqual(['x']);
      const status = await api().apply(`${path}/${name}/status?fieldManager=three`, {
        ...widget({}, name),
        spec: undefined,
        status: { phase: 'ok' },
      });
      expect(status.status, status.text).toBe(200);
      expect(status.body.status).toEqual({ phase: 'ok' });
      const entry = status.body.metadata.managedFields.find(({ manager }: { manager: string }) => manager === 'three');
      expect(entry).toMatchObject({
        operation: 'Apply',
        subresource: 'status',
        fieldsV1: { 'f:status': { 'f:phase': {} } },
      });
    });

    it('shows printer columns', async () => {
      const { path, widget } = await served(api());
      const object = widget({ size: 3 });
      await api().post(path, object);
      await api().patch('merge', `${path}/${object.metadata.name}/status`, {
        status: {
          conditions: [
            { type: 'Other', status: 'False' },
            { type: 'Ready', status: 'True' },
          ],
        },
      });
      const { body } = await api().get(path, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
      expect(
        body.columnDefinitions.map(({ name, priority }: { name: string; priority: number }) => [name, priority]),
      ).toEqual([
        ['Name', 0],
        ['Size', 0],
        ['Mode', 1],
        ['Ready', 0],
      ]);
      expect(body.rows[0].cells).toEqual([object.metadata.name, 3, 'slow', 'True']);
    });

    it('checks the rules of a schema, and holds an update to what it changes', async () => {
      const rule = (text: string, message?: string) => ({ rule: text, ...(message === undefined ? {} : { message }) });
      const group = `g${randomBytes(4).toString('hex')}.example.com`;
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

    it('refuses definitions whose rules cannot be read', async () => {
      const definition = widgets(`g${randomBytes(4).toString('hex')}.example.com`);
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
      const definition = widgets(`g${randomBytes(4).toString('hex')}.example.com`);
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
