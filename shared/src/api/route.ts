import type { z } from 'zod';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** One endpoint of the console's API: the only place where its path and shapes are written down. */
export interface Route<
  Path extends string = string,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Reply extends z.ZodType = z.ZodType,
> {
  readonly method: Method;
  /** Express syntax: `/api/jobs/:namespace/:name`. */
  readonly path: Path;
  readonly query?: Query;
  readonly body?: Body;
  /** Absent where the reply is a stream (log, download, events). */
  readonly reply?: Reply;
}

export type PathParams<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? { [key in Name]: string } & PathParams<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? { [key in Name]: string }
    : unknown;

/** Keeps the literal types of a route. */
export const route = <Path extends string, Query extends z.ZodType, Body extends z.ZodType, Reply extends z.ZodType>(
  definition: Route<Path, Query, Body, Reply>,
): Route<Path, Query, Body, Reply> => definition;
