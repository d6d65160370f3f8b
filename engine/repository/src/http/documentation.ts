import type { z } from 'zod';

export interface ResponseDocumentation {
  readonly description: string;
  /** A JSON body. Strict objects: an answer with a field more does not fit the document. Absent: no body. */
  readonly body?: z.ZodType;
  /** Instead of `body`: a body that is no JSON, e.g. `application/octet-stream`. */
  readonly mediaType?: string;
  /** Header names and what they say. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface BodyDocumentation {
  /** Absent: bytes. */
  readonly schema?: z.ZodType;
  /** Default: `application/json`. */
  readonly mediaTypes?: readonly string[];
  readonly description?: string;
  readonly optional?: boolean;
}

/**
 * What the OpenAPI document says of a route. What follows from the route itself is added by itself: the security scheme,
 * the refusal of tokens (400, 401, 403), rate limits (429), and the answers to faults of the server (500, 503).
 */
export interface RouteDocumentation {
  /** One line: what it is for. */
  readonly summary: string;
  readonly description?: string;
  /** The noun it belongs to, e.g. `versions`. */
  readonly tag: string;
  /** Schemas of path parameters. A parameter without one is text. */
  readonly params?: Readonly<Record<string, z.ZodType>>;
  readonly query?: z.ZodObject;
  /** Request headers besides `Authorization`, in lower case. */
  readonly headers?: z.ZodObject;
  readonly body?: BodyDocumentation;
  readonly responses: Readonly<Record<number, ResponseDocumentation>>;
  /** Refusals in the envelope of handler errors: status and reason. */
  readonly errors?: Readonly<Record<number, string>>;
  readonly deprecated?: boolean;
}
