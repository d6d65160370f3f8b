import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Actor } from '../access/decision.ts';
import type { RateLimiter } from '../access/rate-limit.ts';
import type { Session } from '../access/session.ts';
import type { RequestFacts } from './decision-record.ts';
import type { RouteDocumentation } from './documentation.ts';
import type { Reply } from './reply.ts';
import type { RequestBody } from './request-body.ts';
import type { RoutePattern } from './router.ts';

/** What a handler gets to see of a request. */
export interface RequestContext {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: RequestBody;
  readonly clientAddress: string;
  /** In every log line and audit entry of this request, and in its answer. */
  readonly requestId: string;
  /** Adds to what the audit log will say of this request. */
  note(facts: RequestFacts): void;
  readonly logger: Logger;
  /** Aborts when the client is gone, when its time is up, or when the server stops. */
  readonly signal: AbortSignal;
}

/** The same with a verified token: its session is live. */
export interface SessionContext extends RequestContext {
  readonly session: Session;
}

/** The same with the rights that the configuration gives at this moment. */
export interface ActorContext extends SessionContext {
  readonly actor: Actor;
}

interface RouteBase extends RoutePattern {
  /** What the audit log calls it, e.g. `version.download`. Default: method and path. */
  readonly action?: string;
  /**
   * How it is audited. Default: a GET is a read, or nothing when it is open; everything else is a change. The entry of a
   * change is in the database before the answer goes out.
   */
  readonly audit?: 'read' | 'change' | 'none';
  /** What the OpenAPI document says of it. */
  readonly documentation: RouteDocumentation;
  readonly limiter?: RateLimiter;
  /** Total time of a request in milliseconds, answered with 408. Undefined: only silence ends it. */
  readonly timeout?: number;
  /** Refused while the server is stopping, and when too many of them run. */
  readonly transfer?: boolean;
}

export interface OpenRoute extends RouteBase {
  readonly access: 'open';
  handle(context: RequestContext): Promise<Reply>;
}

export interface SessionRoute extends RouteBase {
  readonly access: 'session';
  handle(context: SessionContext): Promise<Reply>;
}

export interface ActorRoute extends RouteBase {
  readonly access: 'actor';
  /** Lets an expired token through: the handler accepts it for the upload that it began and nothing else. */
  readonly acceptsExpired?: boolean;
  handle(context: ActorContext): Promise<Reply>;
}

export type Route = OpenRoute | SessionRoute | ActorRoute;
