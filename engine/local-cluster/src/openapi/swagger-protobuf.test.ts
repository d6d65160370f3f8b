import { describe, expect, it } from 'vitest';
import { type WireField, wireFields } from '../protobuf/wire.ts';
import { swaggerProtobuf } from './swagger-protobuf.ts';

type Step = WireField['number'];

/** All values that stand at a path of field numbers. */
const at = (bytes: Buffer, [step, ...more]: Step[]): (string | bigint | number)[] =>
  [...wireFields(bytes)]
    .filter(({ number }) => number === step)
    .flatMap(({ value }) => {
      if (!Buffer.isBuffer(value)) return [value];
      return more.length === 0 ? [value.toString()] : at(value, more);
    });

const long = 'é'.repeat(40_000);
const document = swaggerProtobuf({
  swagger: '2.0',
  info: { title: 'Kubernetes', version: 'v1' },
  paths: {
    '/api/v1/things/{name}': {
      patch: {
        operationId: 'patchThing',
        parameters: [{ name: 'fieldValidation', in: 'query' }],
        'x-kubernetes-group-version-kind': { group: '', version: 'v1', kind: 'Thing' },
      },
    },
  },
  definitions: {
    Thing: {
      type: 'object',
      description: long,
      required: ['spec', 'other'],
      properties: {
        spec: { $ref: '#/definitions/Spec' },
        list: { type: 'array', items: { type: 'string', format: 'byte' } },
        map: { type: 'object', additionalProperties: { type: 'integer' } },
        any: { type: 'object', additionalProperties: true },
      },
      'x-kubernetes-group-version-kind': [{ group: '', version: 'v1', kind: 'Thing' }],
    },
    Spec: { type: 'object' },
  },
});

describe('the OpenAPI document in protobuf', () => {
  it('holds the paths, with the kinds and parameters that kubectl looks for', () => {
    expect(at(document, [1])).toEqual(['2.0']);
    expect(at(document, [8, 2, 1])).toEqual(['/api/v1/things/{name}']);
    expect(at(document, [8, 2, 2, 8, 5])).toEqual(['patchThing']);
    expect(at(document, [8, 2, 2, 8, 8, 1, 2, 3, 4])).toEqual(['fieldValidation']);
    expect(at(document, [8, 2, 2, 8, 13, 1])).toEqual(['x-kubernetes-group-version-kind']);
  });

  it('holds the definitions as they are built', () => {
    expect(at(document, [9, 1, 1])).toEqual(['Thing', 'Spec']);
    const thing = (...steps: Step[]) => at(document, [9, 1, 2, ...steps]);
    expect(thing(4)).toEqual([long]);
    expect(thing(19)).toEqual(['spec', 'other']);
    expect(thing(22, 1)).toEqual(['object', 'object']);
    expect(thing(25, 1, 1)).toEqual(['spec', 'list', 'map', 'any']);
    expect(thing(25, 1, 2, 1)).toEqual(['#/definitions/Spec']);
    expect(thing(25, 1, 2, 23, 1, 2)).toEqual(['byte']);
    expect(thing(25, 1, 2, 21, 1, 22, 1)).toEqual(['integer']);
    expect(thing(25, 1, 2, 21, 2)).toEqual([1n]);
    expect(thing(31, 2, 2)).toEqual(['[{"group":"","version":"v1","kind":"Thing"}]\n']);
  });
});
