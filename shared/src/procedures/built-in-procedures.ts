import type { BuiltInProcedure } from './built-in-procedure.ts';
import { files } from './files.ts';
import { mysql } from './mysql.ts';
import { postgresql } from './postgresql.ts';
import { redis } from './redis.ts';

/** The procedures that come with Backstay, in the order in which they are offered. */
export const builtInProcedures: readonly BuiltInProcedure[] = [files, postgresql, mysql, redis];

const byName = new Map(
  builtInProcedures.flatMap((procedure) =>
    [procedure.name, ...procedure.aliases].map((name) => [name, procedure] as const),
  ),
);

/** Finds a procedure by its name or by one of its older names. */
export const findBuiltInProcedure = (name: string): BuiltInProcedure | undefined => byName.get(name);
