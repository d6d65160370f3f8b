import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contains, contentHash, uuidOf } from './canonical.ts';

const value = fc.jsonValue({ maxDepth: 4 });

describe('contains', () => {
  it('holds for a value and itself, and when the actual one says more', () => {
    fc.assert(fc.property(value, (any) => contains(any, any)));
    fc.assert(
      fc.property(fc.dictionary(fc.string(), value), value, (object, more) =>
        contains({ ...object, '\0': more }, object),
      ),
    );
  });
  it('notices what differs', () => {
    expect(contains({ a: [1, 2] }, { a: [1] })).toBe(false);
    expect(contains({ a: 1 }, { a: 2 })).toBe(false);
    expect(contains({}, { a: 1 })).toBe(false);
    expect(contains('x', { a: 1 })).toBe(false);
  });
  it('takes what an API server leaves out for empty', () => {
    expect(contains({}, { env: [], suspend: false, name: '', labels: {}, none: undefined })).toBe(true);
  });
});

describe('contentHash', () => {
  it('does not depend on the order of members', () => {
    expect(contentHash({ a: 1, b: { c: 2, d: undefined } })).toBe(contentHash({ b: { c: 2 }, a: 1 }));
    expect(contentHash([1, 2])).not.toBe(contentHash([2, 1]));
  });
});

it('uuidOf makes well-formed UUIDs that differ by text', () => {
  const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  fc.assert(fc.property(fc.string(), (text) => pattern.test(uuidOf(text))));
  expect(uuidOf('a')).not.toBe(uuidOf('b'));
});
