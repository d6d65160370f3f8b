import { isObject, sameJson } from '../json.ts';
import type { Schema } from '../schema/schema.ts';
import { emptySet, type FieldSet, insert } from './field-set.ts';
import { elementsOf, shapeOf } from './shape.ts';

export interface Comparison {
  /** Added or with another value. */
  changed: FieldSet;
  removed: FieldSet;
}

/** Which fields differ between two states of an object. */
export function compare(before: unknown, after: unknown, schema: Schema): Comparison {
  const result = { changed: emptySet(), removed: emptySet() };
  walk({ before, after, schema, path: [] }, result);
  return result;
}

interface Step {
  before: unknown;
  after: unknown;
  schema: Schema | undefined;
  path: string[];
}

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  (Array.isArray(value) && value.length === 0) ||
  (isObject(value) && Object.keys(value).length === 0);

function walk(step: Step, result: Comparison): void {
  const { before, after, schema, path } = step;
  const shapes = [before, after].filter((value) => !isEmpty(value)).map((value) => shapeOf(value, schema));
  if (shapes.length === 0 || shapes.includes('atomic')) {
    leaf(step, result);
    return;
  }
  const left = elementsOf(before, schema);
  const right = elementsOf(after, schema);
  for (const element of new Set([...left.keys(), ...right.keys()])) {
    const child = right.get(element) ?? left.get(element);
    const next = { before: left.get(element)?.value, after: right.get(element)?.value };
    walk({ ...next, schema: child?.schema, path: [...path, element] }, result);
  }
  if (path.length === 0) return;
  if (before === undefined) insert(result.changed, path);
  else if (after === undefined) insert(result.removed, path);
}

function leaf({ before, after, path }: Step, { changed, removed }: Comparison): void {
  if (path.length === 0 || sameJson(before, after)) return;
  insert(after === undefined ? removed : changed, path);
}
