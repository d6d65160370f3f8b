import type { KubeObject } from '@backstay/shared';
import { isObject, type JsonObject, stringAt } from '../json.ts';
import type { Schema } from '../schema/schema.ts';
import { compare } from './compare.ts';
import { difference, type FieldSet, fromFieldsV1, toFieldsV1, union, without } from './field-set.ts';

export interface Writer {
  manager: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  subresource?: string;
}

/** One entry of metadata.managedFields. */
export interface ManagerEntry extends Writer {
  time: string;
  fields: FieldSet;
}

const untracked = [
  ['f:apiVersion'],
  ['f:kind'],
  ...[
    'name',
    'namespace',
    'creationTimestamp',
    'selfLink',
    'uid',
    'generation',
    'managedFields',
    'resourceVersion',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
  ].map((name) => ['f:metadata', `f:${name}`]),
];

/** Without what the system writes: nobody owns that. */
export function tracked(set: FieldSet): FieldSet {
  const out = untracked.reduce<FieldSet>(without, set);
  const metadata = out.get('f:metadata');
  if (metadata && metadata.children.size === 0) return without(out, ['f:metadata']);
  if (metadata) metadata.self = false;
  return out;
}

export function readManagers(object: KubeObject | undefined): ManagerEntry[] {
  return (object?.metadata.managedFields ?? []).filter(isObject).map((entry) => {
    const subresource = stringAt(entry, 'subresource');
    return {
      manager: stringAt(entry, 'manager') ?? '',
      operation: entry['operation'] === 'Apply' ? 'Apply' : 'Update',
      apiVersion: stringAt(entry, 'apiVersion') ?? '',
      time: stringAt(entry, 'time') ?? '',
      fields: fromFieldsV1(entry['fieldsV1']),
      ...(subresource ? { subresource } : {}),
    };
  });
}

export const sameWriter = (a: Writer, b: Writer): boolean =>
  a.manager === b.manager && a.operation === b.operation && a.subresource === b.subresource;

const order = (a: ManagerEntry, b: ManagerEntry): number =>
  compareText(a.operation, b.operation) || compareText(a.time, b.time) || compareText(a.manager, b.manager);
const compareText = (a: string, b: string) => (a === b ? 0 : a < b ? -1 : 1);

export const writeManagers = (entries: readonly ManagerEntry[]): JsonObject[] =>
  entries
    .filter(({ fields }) => fields.size > 0)
    .sort(order)
    .map(({ manager, operation, apiVersion, subresource, time, fields }) => ({
      apiVersion,
      fieldsType: 'FieldsV1',
      fieldsV1: toFieldsV1(fields),
      manager,
      operation,
      ...(subresource ? { subresource } : {}),
      time,
    }));

interface UpdateStep {
  schema: Schema;
  next: KubeObject;
  old?: KubeObject;
  writer: Writer;
  time: string;
}

/** managedFields after a create, update or patch: the writer owns what it changed, others lose it. */
export function ownershipAfterUpdate({ schema, next, old, writer, time }: UpdateStep): unknown[] {
  const differences = compare(old ?? skeleton(schema), next, schema);
  const changed = tracked(differences.changed);
  const removed = tracked(differences.removed);
  if (changed.size === 0 && removed.size === 0) return old?.metadata.managedFields ?? [];
  const gone = union(changed, removed);
  const entries = readManagers(old);
  const own = entries.find((entry) => sameWriter(entry, writer));
  const others = entries
    .filter((entry) => entry !== own)
    .map((entry) => ({ ...entry, fields: difference(entry.fields, gone) }));
  const fields = difference(union(own?.fields ?? new Map(), changed), removed);
  return writeManagers([...others, { ...writer, time: changed.size > 0 ? time : (own?.time ?? time), fields }]);
}

const always = new Set(['metadata', 'spec', 'status', 'template', 'jobTemplate', 'strategy']);

/** What a new object of a built-in kind has before anything is set: its fixed structs. */
function skeleton(schema: Schema, depth = 0): JsonObject {
  const out: JsonObject = {};
  if (depth > 5) return out;
  for (const [name, member] of Object.entries(schema.properties ?? {})) {
    if (member.type === 'object' && always.has(name) && member.properties) out[name] = skeleton(member, depth + 1);
    else if (member.type === 'array' && schema.required?.includes(name)) out[name] = null;
  }
  return out;
}
