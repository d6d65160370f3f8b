import type { Request } from 'express';
import type { Identity } from '../identity/identity.ts';

/** What the middleware found out about a request. */
export interface RequestContext {
  requestId: string;
  /** Pattern of the matched route, for the log and the audit: it holds no values. */
  routePath?: string;
  session?: { id: string; identity: Identity };
}

const contexts = new WeakMap<Request, RequestContext>();

/** The context of a request; made on first use. */
export function contextOf(request: Request): RequestContext {
  const known = contexts.get(request);
  if (known !== undefined) return known;
  const created: RequestContext = { requestId: '' };
  contexts.set(request, created);
  return created;
}
