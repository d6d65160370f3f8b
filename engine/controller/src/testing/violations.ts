export interface Schema {
  type?: string;
  enum?: unknown[];
  pattern?: string;
  required?: string[];
  properties?: Record<string, Schema>;
  items?: Schema;
}

export interface Violation {
  what: string;
  value: unknown;
}

const wrongType: Record<string, unknown> = {
  string: 7,
  boolean: 'maybe',
  integer: 'many',
  number: 'many',
  object: 'text',
  array: 'text',
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const ofNode = (schema: Schema, value: unknown, path: string): Violation[] => {
  const found: Violation[] = [{ what: `${path} of another type`, value: wrongType[schema.type ?? ''] }];
  if (schema.enum !== undefined) {
    found.push({ what: `${path} outside its enum`, value: 'no-such-value' });
  }
  if (schema.pattern !== undefined) {
    found.push({ what: `${path} against its pattern`, value: '!' });
  }
  if (isRecord(value)) {
    for (const name of schema.required ?? []) {
      const { [name]: _left, ...rest } = value;
      found.push({ what: `${path} without ${name}`, value: rest });
    }
  }
  return found;
};

const below = (schema: Schema, value: unknown, path: string): Violation[] => {
  if (isRecord(value)) {
    return Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
      violations(child, value[name], `${path}.${name}`).map(({ what, value: wrong }) => ({
        what,
        value: { ...value, [name]: wrong },
      })),
    );
  }
  if (Array.isArray(value) && schema.items !== undefined) {
    return violations(schema.items, value[0], `${path}[]`).map(({ what, value: wrong }) => ({ what, value: [wrong] }));
  }
  return [];
};

/** Every way to break one rule of the schema, starting from a value that keeps them all and has every field. */
export const violations = (schema: Schema, value: unknown, path = ''): Violation[] => [
  ...ofNode(schema, value, path),
  ...below(schema, value, path),
];
