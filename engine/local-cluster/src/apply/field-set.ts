import { isObject } from '../json.ts';

/** A set of paths into an object, as a tree. Keys are FieldsV1 path elements: `f:name`, `k:{"name":"x"}`, `v:"x"`. */
export type FieldSet = Map<string, FieldNode>;

export interface FieldNode {
  /** Whether the path itself belongs to the set, beside what is below it. */
  self: boolean;
  children: FieldSet;
}

export const emptySet = (): FieldSet => new Map();

export function nodeAt(set: FieldSet, element: string): FieldNode {
  const known = set.get(element);
  if (known) return known;
  const made: FieldNode = { self: false, children: new Map() };
  set.set(element, made);
  return made;
}

export function insert(set: FieldSet, path: readonly string[]): void {
  let level = set;
  for (const [index, element] of path.entries()) {
    const node = nodeAt(level, element);
    if (index === path.length - 1) node.self = true;
    level = node.children;
  }
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  const out: FieldSet = new Map();
  for (const element of new Set([...a.keys(), ...b.keys()])) {
    const left = a.get(element);
    const right = b.get(element);
    out.set(element, {
      self: left?.self === true || right?.self === true,
      children: union(left?.children ?? new Map(), right?.children ?? new Map()),
    });
  }
  return out;
}

const combine = (a: FieldSet, b: FieldSet, keep: (left: boolean, right: boolean) => boolean): FieldSet => {
  const out: FieldSet = new Map();
  for (const [element, node] of a) {
    const other = b.get(element);
    const self = node.self && keep(true, other?.self === true);
    const children = combine(node.children, other?.children ?? new Map(), keep);
    if (self || children.size > 0) out.set(element, { self, children });
  }
  return out;
};

export const difference = (a: FieldSet, b: FieldSet): FieldSet => combine(a, b, (_, right) => !right);
export const intersection = (a: FieldSet, b: FieldSet): FieldSet => combine(a, b, (_, right) => right);

/** Without the whole subtree at `path`. */
export function without(set: FieldSet, path: readonly string[]): FieldSet {
  const [first = '', ...rest] = path;
  const node = set.get(first);
  if (!node) return set;
  const copy = new Map(set);
  const children = rest.length === 0 ? new Map<string, FieldNode>() : without(node.children, rest);
  if (rest.length === 0 || (children.size === 0 && !node.self)) copy.delete(first);
  else copy.set(first, { ...node, children });
  return copy;
}

export function paths(set: FieldSet, prefix: readonly string[] = []): string[][] {
  return [...set].flatMap(([element, node]) => {
    const path = [...prefix, element];
    return [...(node.self ? [path] : []), ...paths(node.children, path)];
  });
}

export function fromFieldsV1(fields: unknown): FieldSet {
  const set: FieldSet = new Map();
  if (!isObject(fields)) return set;
  for (const [element, below] of Object.entries(fields)) {
    if (element === '.' || !isObject(below)) continue;
    const self = Object.keys(below).length === 0 || '.' in below;
    set.set(element, { self, children: fromFieldsV1(below) });
  }
  return set;
}

export function toFieldsV1(set: FieldSet): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [element, node] of [...set].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const below = toFieldsV1(node.children);
    out[element] = node.self && node.children.size > 0 ? { '.': {}, ...below } : below;
  }
  return out;
}

/** A path as people read it: .spec.containers[name="app"].image */
export const pathText = (path: readonly string[]): string => path.map(elementText).join('');

function elementText(element: string): string {
  const rest = element.slice(2);
  if (element.startsWith('f:')) return `.${rest}`;
  if (element.startsWith('v:')) return `[=${rest}]`;
  if (element.startsWith('i:')) return `[${rest}]`;
  const key = JSON.parse(rest) as Record<string, unknown>;
  return `[${Object.entries(key)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',')}]`;
}
