import { cloneJson, isObject, type JsonObject } from '../json.ts';
import { memberSchema, type Schema } from '../schema/schema.ts';
import type { FieldSet } from './field-set.ts';
import { itemElement, shapeOf } from './shape.ts';

/** `live` with everything that `config` names, by the list and map types of the schema. */
export function mergeApplied(live: unknown, config: unknown, schema: Schema | undefined): unknown {
  const shape = shapeOf(config, schema);
  if (shape === 'atomic' || live === undefined || live === null) return cloneJson(config);
  if (shape === 'object') return isObject(live) ? mergeObject(live, config as JsonObject, schema) : cloneJson(config);
  return Array.isArray(live) ? mergeItems(live, config as unknown[], schema) : cloneJson(config);
}

function mergeObject(live: JsonObject, config: JsonObject, schema: Schema | undefined): JsonObject {
  const out = { ...live };
  for (const [name, value] of Object.entries(config))
    out[name] = mergeApplied(live[name], value, memberSchema(schema, name));
  return out;
}

function mergeItems(live: unknown[], config: unknown[], schema: Schema | undefined): unknown[] {
  const existing = new Map(live.map((item) => [itemElement(item, schema), item]));
  const applied = new Map(config.map((item) => [itemElement(item, schema), item]));
  const merged = (key: string) =>
    applied.has(key) ? mergeApplied(existing.get(key), applied.get(key), schema?.items) : existing.get(key);
  const everyLiveApplied = [...existing.keys()].every((key) => applied.has(key));
  const order = everyLiveApplied ? applied.keys() : new Set([...existing.keys(), ...applied.keys()]);
  return [...order].map(merged);
}

interface Removal {
  value: unknown;
  schema: Schema | undefined;
  /** What the manager applied before. */
  last: FieldSet;
  /** What it applies now, and what others own. */
  keep: FieldSet;
}

/** Without the fields that were applied before, are no longer, and belong to nobody else. */
export function removeUnowned({ value, schema, last, keep }: Removal): unknown {
  if (isObject(value)) {
    const out: JsonObject = {};
    for (const [name, member] of Object.entries(value)) {
      const child = { value: member, schema: memberSchema(schema, name), element: `f:${name}` };
      const left = afterRemoval(child, last, keep);
      if (left !== removed) out[name] = left;
    }
    return out;
  }
  if (!Array.isArray(value)) return value;
  return value
    .map((item) => afterRemoval({ value: item, schema: schema?.items, element: itemElement(item, schema) }, last, keep))
    .filter((item) => item !== removed);
}

const removed = Symbol('removed');

interface Child {
  value: unknown;
  schema: Schema | undefined;
  element: string;
}

/** What only this manager owned goes with all that is in it: defaults inside belong to nobody. */
function afterRemoval(child: Child, last: FieldSet, keep: FieldSet): unknown {
  const before = last.get(child.element);
  if (!before) return child.value;
  const kept = keep.get(child.element);
  if (!kept) return removed;
  if (shapeOf(child.value, child.schema) === 'atomic') return child.value;
  return removeUnowned({ value: child.value, schema: child.schema, last: before.children, keep: kept.children });
}
