import { cloneJson, isObject, type JsonObject, sameJson } from '../json.ts';
import { badRequest } from '../registry/api-error.ts';
import { memberSchema, type Schema } from '../schema/schema.ts';

const orderPrefix = '$setElementOrder/';
const deletePrefix = '$deleteFromPrimitiveList/';
const retainKeys = '$retainKeys';

/** Kubernetes' strategic merge patch: a merge patch that knows which lists merge, and by which key. ApiError 400. */
export function applyStrategicPatch(target: unknown, patch: unknown, schema: Schema | undefined): unknown {
  if (!isObject(patch)) return cloneJson(patch);
  const directive = patch['$patch'];
  if (directive === 'delete') return undefined;
  if (directive === 'replace') return withoutDirectives(patch);
  if (directive !== undefined && directive !== 'merge')
    throw badRequest(`Unknown patch type found: ${String(directive)}`);
  return mergeObjects(isObject(target) ? target : {}, patch, schema);
}

function withoutDirectives(patch: JsonObject): JsonObject {
  const { $patch: _, ...rest } = patch;
  return cloneJson(rest);
}

function mergeObjects(target: JsonObject, patch: JsonObject, schema: Schema | undefined): JsonObject {
  const out = { ...target };
  retain(out, patch);
  for (const [name, value] of Object.entries(patch)) {
    if (name === '$patch' || name === retainKeys || name.startsWith(orderPrefix)) continue;
    if (name.startsWith(deletePrefix)) {
      deleteScalars(out, name.slice(deletePrefix.length), value);
      continue;
    }
    const merged = mergeMember(out[name], value, memberSchema(schema, name));
    if (merged === undefined || merged === null) delete out[name];
    else out[name] = merged;
  }
  for (const [name, order] of Object.entries(patch)) {
    if (name.startsWith(orderPrefix)) reorder(out, name.slice(orderPrefix.length), { order, schema });
  }
  return out;
}

/** `$retainKeys` of a union: members that it does not name go. */
function retain(out: JsonObject, patch: JsonObject): void {
  const names = patch[retainKeys];
  if (!Array.isArray(names)) return;
  for (const name of Object.keys(out)) if (!names.includes(name)) delete out[name];
}

function deleteScalars(out: JsonObject, name: string, values: unknown): void {
  const list = out[name];
  if (!Array.isArray(list) || !Array.isArray(values)) return;
  out[name] = list.filter((item) => !values.some((value) => sameJson(value, item)));
}

const merges = (schema: Schema | undefined) => schema?.['x-kubernetes-patch-strategy']?.split(',').includes('merge');

function mergeMember(target: unknown, patch: unknown, schema: Schema | undefined): unknown {
  if (patch === null) return null;
  if (isObject(patch)) return applyStrategicPatch(target, patch, schema);
  if (!Array.isArray(patch) || !merges(schema)) return cloneJson(patch);
  const key = schema?.['x-kubernetes-patch-merge-key'];
  const list = Array.isArray(target) ? target : [];
  const merged = key === undefined ? unionOf(list, patch) : mergeLists(list, patch, { key, schema });
  return inPatchOrder(merged, { before: list, order: patch, key });
}

const unionOf = (list: unknown[], patch: unknown[]): unknown[] => [
  ...list,
  ...patch.filter((item) => !list.some((known) => sameJson(known, item))),
];

interface KeyedList {
  key: string;
  schema: Schema | undefined;
}

function mergeLists(list: unknown[], patch: unknown[], { key, schema }: KeyedList): unknown[] {
  const items = patch.filter(isObject);
  if (items.some((item) => item['$patch'] === 'replace' && item[key] === undefined)) {
    return items.filter((item) => item['$patch'] !== 'replace').map((item) => cloneJson(item));
  }
  let out = [...list];
  for (const item of items) {
    const value = item[key];
    if (value === undefined)
      throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
    const index = out.findIndex((known) => isObject(known) && sameJson(known[key], value));
    if (item['$patch'] === 'delete') out = out.filter((known) => !(isObject(known) && sameJson(known[key], value)));
    else if (index < 0) out.push(applyStrategicPatch(undefined, item, schema?.items));
    else out[index] = applyStrategicPatch(out[index], item, schema?.items);
  }
  return out;
}

function reorder(
  out: JsonObject,
  name: string,
  { order, schema }: { order: unknown; schema: Schema | undefined },
): void {
  const list = out[name];
  if (!Array.isArray(list) || !Array.isArray(order)) return;
  const key = memberSchema(schema, name)?.['x-kubernetes-patch-merge-key'];
  out[name] = inPatchOrder(list, { before: list, order, key });
}

/** Items that the patch names stand in its order; others go between them where they stood before, else behind them. */
function inPatchOrder(
  list: unknown[],
  { before, order, key }: { before: unknown[]; order: unknown[]; key: string | undefined },
): unknown[] {
  const keyOf = (item: unknown) => JSON.stringify(key !== undefined && isObject(item) ? item[key] : item);
  const wanted = order.map(keyOf);
  const old = before.map(keyOf);
  const place = (item: unknown) => wanted.indexOf(keyOf(item));
  const named = list.filter((item) => place(item) >= 0).sort((a, b) => place(a) - place(b));
  const others = list.filter((item) => place(item) < 0);
  const out: unknown[] = [];
  for (const item of named) {
    const position = old.indexOf(keyOf(item));
    while (others.length > 0 && position >= 0 && old.indexOf(keyOf(others[0])) < position) out.push(others.shift());
    out.push(item);
  }
  return [...out, ...others];
}
