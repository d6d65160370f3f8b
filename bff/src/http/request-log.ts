import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import { contextOf } from './request-context.ts';

/** One line a request: no query, no headers, no body. */
export const requestLog =
  (logger: Logger): RequestHandler =>
  (request, response, next) => {
    const start = performance.now();
    response.once('close', () => {
      const { requestId, session, routePath } = contextOf(request);
      logger.info(
        {
          requestId,
          method: request.method,
          path: routePath ?? request.path,
          status: response.statusCode,
          milliseconds: Math.round(performance.now() - start),
          ...(session && { user: session.identity.name }),
          ...(!response.writableFinished && { cut: true }),
        },
        'request',
      );
    });
    next();
  };
