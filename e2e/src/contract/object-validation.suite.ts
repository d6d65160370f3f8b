import { describe, expect, it } from 'vitest';
import type { Api } from './api.ts';
import { configMap, core, unique } from './fixtures.ts';

export function objectValidationSuite(api: () => Api): void {
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
}
