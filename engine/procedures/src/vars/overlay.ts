import { isList, isMap, type Value, type ValueMap } from '../go-template/values.ts';
import { ProcedureError } from '../procedure-error.ts';
import type { PathStep } from './value-path.ts';

/**
 * Returns `root` with `value` at `path`. Missing and null parents become maps (or lists, before an index).
 *
 * @throws ProcedureError when a parent is a plain value, so that there is no place for it.
 */
export const setAt = (root: ValueMap, path: readonly PathStep[], value: Value): ValueMap =>
  place(root, { path, value, name: path.join('.') }, 0) as ValueMap;

interface Placement {
  readonly path: readonly PathStep[];
  readonly value: Value;
  readonly name: string;
}

const place = (parent: Value, placement: Placement, depth: number): Value => {
  const step = placement.path[depth];
  if (step === undefined) return placement.value;
  const child = (existing: Value | undefined) => place(existing ?? null, placement, depth + 1);
  if (typeof step === 'number') return placeInList(parent, step, { child, placement });
  if (parent === null) return { [step]: child(null) };
  if (!isMap(parent)) throw noPlace(placement);
  return { ...parent, [step]: child(Object.hasOwn(parent, step) ? parent[step] : null) };
};

const placeInList = (
  parent: Value,
  index: number,
  { child, placement }: { child: (existing: Value | undefined) => Value; placement: Placement },
): Value => {
  if (parent !== null && !isList(parent)) throw noPlace(placement);
  const list = [...(parent ?? [])];
  while (list.length < index) list.push(null);
  list[index] = child(list[index]);
  return list;
};

const noPlace = ({ name }: Placement): ProcedureError =>
  new ProcedureError(`${name} cannot be set: a part of its path is already a plain value in vars.`);

/** Lays `over` on `base`: maps merge, anything else replaces, null leaves what is there. */
export const mergeMaps = (base: ValueMap, over: ValueMap): ValueMap => {
  const merged: Record<string, Value> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    if (value === null && Object.hasOwn(merged, key)) continue;
    const existing = Object.hasOwn(merged, key) ? merged[key] : undefined;
    const both = existing !== undefined && isMap(existing) && isMap(value);
    Object.defineProperty(merged, key, {
      value: both ? mergeMaps(existing, value) : value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return merged;
};
