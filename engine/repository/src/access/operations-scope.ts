import { z } from 'zod';

const element = z.object({
  type: z
    .string()
    .nullish()
    .transform((value) => value ?? ''),
  name: z
    .string()
    .nullish()
    .transform((value) => value ?? ''),
  roles: z
    .array(z.string())
    .nullish()
    .transform((value) => value ?? []),
});

/** Limits one session. Null, absent or without elements: no limit. */
export const operationsScopeSchema = z
  .object({
    elements: z
      .array(element)
      .max(1000)
      .nullish()
      .transform((value) => value ?? []),
  })
  .nullish()
  .transform((value) => (value && value.elements.length > 0 ? value : undefined));

export type OperationsScope = NonNullable<z.infer<typeof operationsScopeSchema>>;

/** The claim of a token: standard base64 of the JSON, of `null` without a scope. */
export const encodeScope = (scope: OperationsScope | undefined): string =>
  Buffer.from(JSON.stringify(scope ?? null)).toString('base64');

/** Throws when the claim is none: such a session must not count as unlimited. */
export const decodeScope = (claim: string): OperationsScope | undefined =>
  operationsScopeSchema.parse(JSON.parse(Buffer.from(claim, 'base64').toString('utf8')));
