import { DomainError } from '@backstay/shared';
import express, { type Express, Router } from 'express';
import type { Logger } from 'pino';
import { authenticate } from './http/authenticate.ts';
import { compress } from './http/compress.ts';
import { errorReply } from './http/error-reply.ts';
import { type AuditHook, Endpoints } from './http/handle.ts';
import { hostGuard } from './http/host-guard.ts';
import { requestId } from './http/request-id.ts';
import { requestLog } from './http/request-log.ts';
import { sameOrigin } from './http/same-origin.ts';
import { securityHeaders } from './http/security-headers.ts';
import { signInLimit } from './http/sign-in-limit.ts';
import { staticWeb } from './http/static-web.ts';
import type { SessionCookie } from './identity/session-cookie.ts';
import type { Sessions } from './identity/sessions.ts';

export interface AppParts {
  logger: Logger;
  mode: 'local' | 'kubernetes';
  host: string;
  port: () => number;
  sessions: Sessions;
  cookie: SessionCookie;
  audit: AuditHook;
  webRoot: string;
  /** Adds the routes of all features. */
  addRoutes: (endpoints: Endpoints) => void;
}

const bodyLimit = '1mb';

export function createApp(parts: AppParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  // Replies of the API are not stored anywhere, and files have tags of their own.
  app.set('etag', false);
  if (parts.mode === 'kubernetes') app.set('trust proxy', ['loopback', 'linklocal', 'uniquelocal']);

  app.use(requestId);
  app.use(requestLog(parts.logger));
  app.use(securityHeaders());
  if (parts.mode === 'local') app.use(hostGuard(parts.host, parts.port));
  app.use(compress());
  app.use('/api', sameOrigin);
  app.post('/api/session', signInLimit());
  app.use('/api', authenticate(parts.sessions, parts.cookie));
  app.use('/api', express.json({ limit: bodyLimit, strict: true }));
  app.use(apiRouter(parts));
  app.use('/api', (_request, _response, next) => next(new DomainError('not_found')));
  app.use(staticWeb(parts.webRoot));
  app.use(errorReply(parts.logger));
  return app;
}

function apiRouter({ addRoutes, audit }: AppParts): Router {
  const router = Router({ strict: true, caseSensitive: true });
  addRoutes(new Endpoints(router, audit));
  return router;
}
