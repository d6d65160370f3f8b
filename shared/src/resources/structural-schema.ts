import { z } from 'zod';

/** The part of OpenAPI v3 that a CustomResourceDefinition may hold. */
export interface StructuralSchema {
  type?: string;
  format?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  required?: string[];
  properties?: Record<string, StructuralSchema>;
  items?: StructuralSchema;
  additionalProperties?: StructuralSchema;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-validations'?: ValidationRule[];
}

/** A condition in CEL that the API server checks: of `self`, and of `oldSelf` at a change. */
export interface ValidationRule {
  rule: string;
  message: string;
}

const copied = [
  'type',
  'description',
  'default',
  'enum',
  'pattern',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-validations',
] as const;

const anything = 'x-kubernetes-preserve-unknown-fields';

/** For `meta` of a schema: an object of a Kubernetes type that is handed on as it is. */
export const anyMembers = { [anything]: true };

/** For `meta` of a schema: what no single field's rule can say. */
export const rules = (...list: ValidationRule[]) => ({ 'x-kubernetes-validations': list });

type JsonSchema = Record<string, unknown>;

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whole numbers and times have a format in Kubernetes where zod writes bounds and a pattern. */
const withFormat = (schema: StructuralSchema, source: JsonSchema): StructuralSchema => {
  if (source['format'] === 'date-time') {
    const { pattern, ...rest } = schema;
    return { ...rest, format: 'date-time' };
  }
  if (schema.type === 'integer') {
    const { minimum, maximum, ...rest } = schema;
    return {
      ...rest,
      format: 'int64',
      ...(minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? { minimum } : {}),
      ...(maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? { maximum } : {}),
    };
  }
  return schema;
};

const translate = (source: JsonSchema): StructuralSchema => {
  const target: Record<string, unknown> = {};
  for (const key of copied) {
    if (source[key] !== undefined) {
      target[key] = source[key];
    }
  }
  if (source[anything] === true) {
    return target as StructuralSchema;
  }
  const { properties, items, additionalProperties, required } = source;
  if (isSchema(properties)) {
    const entries = Object.entries(properties).filter((entry): entry is [string, JsonSchema] => isSchema(entry[1]));
    target['properties'] = Object.fromEntries(entries.map(([name, schema]) => [name, translate(schema)]));
  }
  if (isSchema(items)) {
    target['items'] = translate(items);
  }
  if (isSchema(additionalProperties)) {
    target['additionalProperties'] = translate(additionalProperties);
  }
  if (Array.isArray(required) && required.length > 0) {
    target['required'] = required;
  }
  return withFormat(target as StructuralSchema, source);
};

/**
 * A zod schema as Kubernetes takes it: what a writer may leave out (a default) is not required, and nothing stays that a
 * structural schema forbids (`$schema`, `additionalProperties: false`, references).
 */
export const structuralSchema = (schema: z.ZodType): StructuralSchema =>
  translate(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'throw', reused: 'inline', target: 'openapi-3.0' }));
