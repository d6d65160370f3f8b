import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { AddressSet } from '../access/ip-rules.ts';
import type { SessionService } from '../access/session.ts';
import { BusyError } from '../access/slots.ts';
import { TokenError } from '../access/tokens.ts';
import { MisconfiguredError } from '../configuration/misconfigured-error.ts';
import { isDiskFull } from '../metadata/disk-full.ts';
import { isPassing } from '../metadata/retrying-store.ts';
import { UploadError } from '../uploads/upload-errors.ts';
import { clientAddress } from './client-address.ts';
import type { RequestContext, Route } from './context.ts';
import type { DecisionRecord, RequestFacts } from './decision-record.ts';
import { accessFailure, empty, Failure, failure, plainText, type Reply } from './reply.ts';
import { BrokenBodyError, createRequestBody } from './request-body.ts';
import { requestIdOf } from './request-id.ts';
import type { createRouter, RouteMatch } from './router.ts';
import type { TransferGate } from './transfer-gate.ts';

export interface HandlerOptions {
  readonly router: ReturnType<typeof createRouter<Route>>;
  readonly sessions: SessionService;
  readonly trustedProxies: AddressSet;
  readonly gate: TransferGate;
  /** For a whole body that is no transfer. Milliseconds. */
  readonly smallBodyTime: number;
  readonly logger: Logger;
  readonly decided: DecisionRecord;
  readonly rateLimited: (route: string) => void;
}

export interface IncomingRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly expectsContinue: boolean;
  readonly signal: AbortSignal;
}

export interface Handled {
  readonly reply: Reply;
  /** The pattern of the route, for the log. */
  readonly route: string;
  readonly clientAddress: string;
  readonly requestId: string;
  /** For the log: who it was, and about which collection. */
  readonly facts: RequestFacts;
}

const splitTarget = (target: string): { path: string; query: string } => {
  const at = target.indexOf('?');
  return at === -1 ? { path: target, query: '' } : { path: target.slice(0, at), query: target.slice(at + 1) };
};

const busy = (text: string): Failure => failure(503, text, { headers: { 'retry-after': '5' } });

const replyOf = (error: unknown, logger: Logger): Reply => {
  if (error instanceof Failure) {
    return error.reply;
  }
  if (error instanceof TokenError) {
    return accessFailure(error.status, error.message).reply;
  }
  if (error instanceof BusyError) {
    return busy(error.message).reply;
  }
  if (isPassing(error)) {
    logger.error({ err: error }, 'the database was not there for a request');
    return busy('the database is not available at the moment').reply;
  }
  if (isDiskFull(error)) {
    logger.error({ err: error }, 'the database has no room left on its disk');
    return failure(507, 'no space left on the disk of the database').reply;
  }
  if (error instanceof BrokenBodyError || error instanceof UploadError) {
    return failure(400, error.message).reply;
  }
  if (error instanceof MisconfiguredError) {
    logger.error({ problem: error.message }, 'an object of the configuration cannot be used');
    return failure(500, 'the configuration cannot be used. Check server logs').reply;
  }
  logger.error({ err: error }, 'a request failed unexpectedly');
  return empty(500);
};

const redirect = (method: string, path: string, query: string): Reply =>
  empty(method === 'GET' ? 301 : 307, { location: `${path}${query === '' ? '' : `?${query}`}` });

const runRoute = async (match: RouteMatch<Route>, base: RequestContext, options: HandlerOptions): Promise<Reply> => {
  const { route } = match;
  const within = async (handle: () => Promise<Reply>): Promise<Reply> => {
    const bucket = route.limiter?.take(base.clientAddress);
    if (bucket?.allowed === false) {
      options.rateLimited(route.path);
      return empty(429);
    }
    if (bucket !== undefined) {
      base.response.setHeader('x-ratelimit-limit', bucket.limit);
      base.response.setHeader('x-ratelimit-remaining', bucket.remaining);
    }
    return await handle();
  };
  if (route.access === 'open') {
    return await within(() => route.handle(base));
  }
  const acceptExpired = route.access === 'actor' && route.acceptsExpired === true;
  const session = await options.sessions.authenticate(base.request.headers.authorization, { acceptExpired });
  base.note({ user: session.claims.login, accessKeyName: session.claims.accessKeyName, sessionId: session.id });
  if (route.access === 'session') {
    return await within(() => route.handle({ ...base, session }));
  }
  const actor = await options.sessions.actorOf(session, base.clientAddress);
  return await within(() => route.handle({ ...base, session, actor }));
};

/** Ends the wait when the time of the route is up; the handler learns it by its signal and cleans up by itself. */
const withTimeout = async (
  milliseconds: number | undefined,
  controller: AbortController,
  work: () => Promise<Reply>,
): Promise<Reply> => {
  if (milliseconds === undefined) {
    return await work();
  }
  const timedOut = failure(408, 'Request took too long');
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    controller.abort(timedOut);
    reject(timedOut);
  }, milliseconds);
  try {
    return await Promise.race([work(), promise]);
  } finally {
    clearTimeout(timer);
  }
};

const routed = async (
  match: RouteMatch<Route>,
  incoming: IncomingRequest & { clientAddress: string; query: string; requestId: string; facts: RequestFacts },
  options: HandlerOptions,
): Promise<Reply> => {
  const { request, response, signal, requestId, facts } = incoming;
  const controller = new AbortController();
  const base: RequestContext = {
    request,
    response,
    params: match.params,
    query: new URLSearchParams(incoming.query),
    body: createRequestBody(request, response, {
      expectsContinue: incoming.expectsContinue,
      smallBodyTime: options.smallBodyTime,
    }),
    clientAddress: incoming.clientAddress,
    requestId,
    note: (more) => void Object.assign(facts, more),
    logger: options.logger.child({ requestId }),
    signal: AbortSignal.any([signal, controller.signal]),
  };
  const run = () => withTimeout(match.route.timeout, controller, () => runRoute(match, base, options));
  return match.route.transfer === true ? await options.gate.run(run) : await run();
};

const unrouted = (options: HandlerOptions, target: { method: string; path: string; query: string }): Reply => {
  const { method, path, query } = target;
  const bare = path.endsWith('/') && path.length > 1 ? path.slice(0, -1) : undefined;
  const known = bare !== undefined && options.router(method, bare) !== undefined;
  return known ? redirect(method, bare, query) : plainText(404, '404 page not found');
};

/** Never rejects: whatever happens becomes an answer. */
export const handleRequest = async (incoming: IncomingRequest, options: HandlerOptions): Promise<Handled> => {
  const { request, response } = incoming;
  const method = request.method ?? 'GET';
  const { path, query } = splitTarget(request.url ?? '/');
  const address = clientAddress(request, options.trustedProxies);
  const requestId = requestIdOf(request);
  response.setHeader('x-request-id', requestId);
  const match = options.router(method, path);
  if (match === undefined) {
    const reply = unrouted(options, { method, path, query });
    return { reply, route: 'unknown', clientAddress: address, requestId, facts: {} };
  }
  const { collectionId } = match.params;
  const facts: RequestFacts = collectionId === undefined ? {} : { collectionId };
  const logger = options.logger.child({ requestId });
  const reply = await routed(match, { ...incoming, clientAddress: address, query, requestId, facts }, options).catch(
    (error: unknown) => replyOf(error, logger),
  );
  const { route } = match;
  await options.decided({ route, status: reply.status, facts, requestId, clientAddress: address });
  return { reply, route: route.path, clientAddress: address, requestId, facts };
};
