import { z } from 'zod';

export type JsonSchema = Record<string, unknown>;

/** What schemas with a name are called in the document; they are written once, under `components`. */
export interface SchemaWriter {
  /** What a server sends: no field besides those of strict objects. */
  reply(schema: z.ZodType): JsonSchema;
  /** What a server accepts. */
  request(schema: z.ZodType): JsonSchema;
  readonly components: Readonly<Record<string, JsonSchema>>;
}

const tidy = ({ jsonSchema }: { jsonSchema: JsonSchema }): void => {
  // The format says it; the pattern would be hundreds of characters long.
  if (jsonSchema['format'] === 'date-time') {
    delete jsonSchema['pattern'];
  }
  if (jsonSchema['maximum'] === Number.MAX_SAFE_INTEGER) {
    delete jsonSchema['maximum'];
  }
};

const withComponentRefs = (value: unknown): unknown => {
  if (Array.isArray(value)) {
    return value.map(withComponentRefs);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) =>
      key === '$ref' && typeof member === 'string'
        ? [key, member.replace('#/$defs/', '#/components/schemas/')]
        : [key, withComponentRefs(member)],
    ),
  );
};

/** Throws when two schemas have one name, or when a schema cannot be written down. */
export const createSchemaWriter = (): SchemaWriter => {
  const components: Record<string, JsonSchema> = {};
  const register = (name: string, schema: JsonSchema): void => {
    const known = components[name];
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(schema)) {
      throw new Error(`Two schemas of the API are called ${name}`);
    }
    components[name] = schema;
  };
  const write = (schema: z.ZodType, io: 'input' | 'output'): JsonSchema => {
    const { $schema: _, $defs, ...rest } = z.toJSONSchema(schema, { io, override: tidy }) as JsonSchema;
    const definitions = withComponentRefs($defs ?? {}) as Record<string, JsonSchema>;
    for (const [name, definition] of Object.entries(definitions)) {
      register(name, definition);
    }
    return withComponentRefs(rest) as JsonSchema;
  };
  return {
    reply: (schema) => write(schema, 'output'),
    request: (schema) => write(schema, 'input'),
    components,
  };
};
