import { Environment } from '@marcbachmann/cel-js';
import { isObject, sameJson } from '../json.ts';
import type { Cause } from '../registry/api-error.ts';
import { memberSchema, type Schema, type ValidationRule } from './schema.ts';

type Program = (context: Record<string, unknown>) => unknown;

const environment = new Environment({ unlistedVariablesAreDyn: true });
const programs = new Map<string, Program>();

const compile = (rule: string): Program => {
  const known = programs.get(rule);
  if (known !== undefined) return known;
  const made = environment.parse(rule) as Program;
  programs.set(rule, made);
  return made;
};

/** Why a rule cannot be read; undefined when it can. */
export const ruleProblem = (rule: string): string | undefined => {
  try {
    compile(rule);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

/** A value as CEL sees it: whole numbers are of a type of their own, which the schema knows. */
const celValue = (value: unknown, schema: Schema | undefined): unknown => {
  if (typeof value === 'number') return schema?.type === 'integer' && Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map((item) => celValue(item, schema?.items));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, celValue(member, schema && memberSchema(schema, name))]),
  );
};

const comparesWithOld = ({ rule }: ValidationRule): boolean => /\boldSelf\b/.test(rule);

interface Place {
  value: unknown;
  /** Undefined: there is none to compare with. */
  old: unknown;
  schema: Schema;
  path: string;
}

/** A rule without `oldSelf` need not hold for what was there before it: only a change is looked at. */
const applies = (rule: ValidationRule, { value, old }: Place): boolean =>
  comparesWithOld(rule) ? old !== undefined : old === undefined || !sameJson(value, old);

const holds = (rule: ValidationRule, { value, old, schema }: Place): boolean => {
  try {
    return compile(rule.rule)({ self: celValue(value, schema), oldSelf: celValue(old, schema) }) === true;
  } catch {
    // As in Kubernetes, a rule that cannot be evaluated does not hold.
    return false;
  }
};

const refusal = (rule: ValidationRule, { path }: Place): Cause => ({
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${rule.message ?? `failed rule: ${rule.rule}`}`,
  field: path,
});

const below = ({ value, old, schema, path }: Place): Place[] => {
  if (Array.isArray(value)) {
    const { items } = schema;
    // Items of a list have no identity: there is no old value of one.
    return items
      ? value.map((item, index) => ({ value: item, old: undefined, schema: items, path: `${path}[${index}]` }))
      : [];
  }
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    const known = memberSchema(schema, name);
    const before = isObject(old) ? old[name] : undefined;
    return known ? [{ value: member, old: before, schema: known, path: path === '' ? name : `${path}.${name}` }] : [];
  });
};

/** What the CEL rules of a schema (`x-kubernetes-validations`) refuse. */
export function validateRules(place: Place): Cause[] {
  const broken = (place.schema['x-kubernetes-validations'] ?? []).filter(
    (rule) => applies(rule, place) && !holds(rule, place),
  );
  return [...broken.map((rule) => refusal(rule, place)), ...below(place).flatMap(validateRules)];
}
