import type { PathParams, Route } from '@backstay/shared';
import { DomainError, dnsSubdomainPattern } from '@backstay/shared';
import type { Request, Response, Router } from 'express';
import type { z } from 'zod';
import type { Identity } from '../identity/identity.ts';
import { contextOf } from './request-context.ts';

type Parsed<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

export interface Call<Path extends string, Query, Body> {
  params: PathParams<Path>;
  query: Parsed<Query>;
  body: Parsed<Body>;
  /** Who asks; verified. */
  identity: Identity;
  sessionId: string;
  request: Request;
  response: Response;
  /** Aborts when the caller is gone. */
  signal: AbortSignal;
}

type AnyRoute<Path extends string, Query extends z.ZodType, Body extends z.ZodType, Reply extends z.ZodType> = Route<
  Path,
  Query,
  Body,
  Reply
>;

/** Told about every finished request that was to change something. */
export type AuditHook = (request: Request, outcome: string) => void;

/**
 * Ties routes of the contract to functions: parses what came, refuses who is not signed in, replies what comes back. A
 * route without a reply schema writes the response itself.
 */
export class Endpoints {
  readonly #router: Router;
  readonly #audit: AuditHook;

  constructor(router: Router, audit: AuditHook) {
    this.#router = router;
    this.#audit = audit;
  }

  add<Path extends string, Query extends z.ZodType, Body extends z.ZodType, Reply extends z.ZodType>(
    route: AnyRoute<Path, Query, Body, Reply>,
    run: (call: Call<Path, Query, Body>) => Promise<z.input<Reply>>,
  ): void {
    this.#register(route, async (request, response) => {
      const reply = await run(this.#call(route, request, response));
      sendReply(response, reply);
    });
  }

  /** For routes that anybody may call. */
  addPublic<Path extends string, Query extends z.ZodType, Body extends z.ZodType, Reply extends z.ZodType>(
    route: AnyRoute<Path, Query, Body, Reply>,
    run: (call: { body: Parsed<Body>; request: Request; response: Response }) => Promise<z.input<Reply>>,
  ): void {
    this.#register(route, async (request, response) => {
      const body = parseBody(route, request) as Parsed<Body>;
      sendReply(response, await run({ body, request, response }));
    });
  }

  #register(route: Route, run: (request: Request, response: Response) => Promise<void>): void {
    const method = route.method.toLowerCase() as 'get' | 'post' | 'put' | 'delete';
    this.#router[method](route.path, async (request: Request, response: Response) => {
      contextOf(request).routePath = route.path;
      try {
        await run(request, response);
        if (route.method !== 'GET') this.#audit(request, 'done');
      } catch (error) {
        if (route.method !== 'GET') this.#audit(request, outcomeOf(error));
        throw error;
      }
    });
  }

  #call<Path extends string, Query extends z.ZodType, Body extends z.ZodType, Reply extends z.ZodType>(
    route: AnyRoute<Path, Query, Body, Reply>,
    request: Request,
    response: Response,
  ): Call<Path, Query, Body> {
    const { session } = contextOf(request);
    if (session === undefined) throw new DomainError('sign_in_required');
    checkParams(request.params);
    return {
      params: request.params as PathParams<Path>,
      query: parseQuery(route, request) as Parsed<Query>,
      body: parseBody(route, request) as Parsed<Body>,
      identity: session.identity,
      sessionId: session.id,
      request,
      response,
      signal: signalOf(response),
    };
  }
}

function sendReply(response: Response, reply: unknown): void {
  if (response.headersSent || response.destroyed) return;
  response.set('cache-control', 'no-store').json(reply);
}

const outcomeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'error';

// Names of Kubernetes objects and version numbers: anything else cannot exist, and never gets into a path or query.
function checkParams(params: Request['params']): void {
  for (const value of Object.values(params)) {
    if (typeof value !== 'string' || value.length > 253 || !dnsSubdomainPattern.test(value)) {
      throw new DomainError('not_found');
    }
  }
}

function parseQuery(route: Route, request: Request): unknown {
  if (route.query === undefined) return undefined;
  return parse(route.query, { ...request.query }, 'malformed_request');
}

function parseBody(route: Route, request: Request): unknown {
  if (route.body === undefined) return undefined;
  if (request.body === undefined) throw new DomainError('malformed_request', 'Send JSON (application/json).');
  return parse(route.body, request.body, 'invalid_input');
}

function parse(schema: z.ZodType, value: unknown, code: 'malformed_request' | 'invalid_input'): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => ({ field: fieldOf(issue.path), message: issue.message }));
  throw new DomainError(code, undefined, { problems });
}

// A form that stands inside a body keeps the field names that it has by itself.
const fieldOf = (path: readonly PropertyKey[]): string =>
  (path[0] === 'form' ? path.slice(1) : path).map(String).join('.');

function signalOf(response: Response): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => controller.abort());
  return controller.signal;
}
