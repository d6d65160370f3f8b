import type { Kysely } from 'kysely';

// biome-ignore lint/suspicious/noExplicitAny: a migration speaks of a schema that the types of today do not describe.
export type AnyDatabase = Kysely<any>;
