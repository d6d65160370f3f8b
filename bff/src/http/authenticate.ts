import type { Request, RequestHandler } from 'express';
import type { SessionCookie } from '../identity/session-cookie.ts';
import type { Sessions } from '../identity/sessions.ts';
import { contextOf } from './request-context.ts';

/** Finds the session of a request, if it has a valid one. Refusing is up to the route. */
export const authenticate =
  (sessions: Sessions, cookie: SessionCookie): RequestHandler =>
  async (request: Request, _response, next) => {
    const id = cookie.read(request);
    const identity = id === undefined ? undefined : await sessions.find(id, { touch: true });
    if (id !== undefined && identity !== undefined) contextOf(request).session = { id, identity };
    next();
  };
