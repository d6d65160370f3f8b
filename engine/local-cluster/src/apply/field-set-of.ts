import type { Schema } from '../schema/schema.ts';
import { emptySet, type FieldSet } from './field-set.ts';
import { elementsOf, isStructMember, shapeOf } from './shape.ts';

/** The fields that an applied configuration names. */
export function fieldSetOf(value: unknown, schema: Schema | undefined): FieldSet {
  const set = emptySet();
  const shape = shapeOf(value, schema);
  for (const [element, child] of elementsOf(value, schema)) {
    const inner = shapeOf(child.value, child.schema) === 'atomic' ? emptySet() : fieldSetOf(child.value, child.schema);
    const self = inner.size === 0 || shape !== 'object' || isNamedByUser(schema, element);
    set.set(element, { self, children: inner });
  }
  return set;
}

const isNamedByUser = (schema: Schema | undefined, element: string) =>
  schema?.additionalProperties !== undefined && !isStructMember(schema, element);
