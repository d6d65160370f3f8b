import { describe, expect, it } from 'vitest';
import type { Api } from './api.ts';
import { plainMeta, unique } from './fixtures.ts';
import { served } from './widgets.ts';

export function customResourceSuite(api: () => Api): void {
  describe('custom resources', () => {
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
  });
}
