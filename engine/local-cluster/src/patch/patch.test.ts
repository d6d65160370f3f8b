import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compare } from '../apply/compare.ts';
import { difference, type FieldSet, fromFieldsV1, intersection, toFieldsV1, union } from '../apply/field-set.ts';
import { fieldSetOf } from '../apply/field-set-of.ts';
import { duplicateFields } from '../http/duplicate-fields.ts';
import { isObject, sameJson } from '../json.ts';
import { applyJsonPatch } from './json-patch.ts';
import { applyMergePatch } from './merge-patch.ts';

const name = fc.string({ minLength: 1, maxLength: 4 }).filter((text) => text !== '__proto__');
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.integer(),
    fc.string(),
    fc.boolean(),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(name, tie('value'), { maxKeys: 4 }),
  ),
})).value;
const object = fc.dictionary(name, json, { maxKeys: 4 });

/** The merge patch that leads from one value to another. */
function mergePatchBetween(from: unknown, to: unknown): unknown {
  if (!isObject(from) || !isObject(to)) return to;
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(from)) if (!(key in to)) patch[key] = null;
  for (const [key, value] of Object.entries(to)) {
    if (!sameJson(from[key], value)) patch[key] = mergePatchBetween(from[key], value);
  }
  return patch;
}

const setOf = (value: unknown): FieldSet => fieldSetOf(value, { type: 'object' });

describe('patches', () => {
  it('a merge patch made from a difference leads to the target', () => {
    fc.assert(
      fc.property(object, object, (from, to) => {
        const patched = applyMergePatch(from, mergePatchBetween(from, to));
        expect(patched).toEqual(to);
      }),
    );
  });

  it('a JSON patch leaves its input alone and undoes what it did', () => {
    fc.assert(
      fc.property(object, name, json, (document, key, value) => {
        fc.pre(!(key in document));
        const before = JSON.stringify(document);
        const path = `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
        const added = applyJsonPatch(document, [{ op: 'add', path, value }]);
        expect((added as Record<string, unknown>)[key]).toEqual(value);
        expect(applyJsonPatch(added, [{ op: 'remove', path }])).toEqual(document);
        expect(JSON.stringify(document)).toBe(before);
      }),
    );
  });
});

describe('field sets', () => {
  it('come back from FieldsV1 as they were', () => {
    fc.assert(
      fc.property(object, (value) => {
        const fields = toFieldsV1(setOf(value));
        expect(toFieldsV1(fromFieldsV1(fields))).toEqual(fields);
      }),
    );
  });

  it('obey the laws of sets', () => {
    fc.assert(
      fc.property(object, object, (one, other) => {
        const [a, b] = [setOf(one), setOf(other)];
        expect(toFieldsV1(union(difference(a, b), intersection(a, b)))).toEqual(toFieldsV1(a));
        expect(intersection(difference(a, b), b).size).toBe(0);
        expect(difference(a, union(a, b)).size).toBe(0);
      }),
    );
  });

  it('find no difference in equal objects and some in different ones', () => {
    fc.assert(
      fc.property(object, object, (one, other) => {
        const { changed, removed } = compare(one, other, { type: 'object' });
        expect(changed.size + removed.size === 0).toBe(sameJson(one, other));
      }),
    );
  });
});

describe('duplicate fields', () => {
  it('finds none in what JSON.stringify wrote', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(duplicateFields(JSON.stringify(value))).toEqual([]);
      }),
    );
  });

  it('names where they stand', () => {
    expect(duplicateFields('{"a":[{"b":1},{"b":1,"c":"},{","b":2}],"a\\u0062":1,"ab":2}')).toEqual(['a[1].b', 'ab']);
  });

  it('refuses endless nesting and a prototype', () => {
    expect(() => duplicateFields('['.repeat(10_000))).toThrow(/nested deeper/);
    expect(() => duplicateFields('{"__proto__":{}}')).toThrow(/not accepted/);
  });

  it('reads a string of megabytes', () => {
    expect(duplicateFields(JSON.stringify({ a: 'x"'.repeat(1_500_000) }))).toEqual([]);
  });
});
