import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DomainError } from '@backstay/shared';
import express, { type RequestHandler, Router } from 'express';

const yearSeconds = 31_536_000;

/** The built web app: hashed assets for ever, `index.html` anew each time, and for every path that is a page of the app. */
export function staticWeb(webRoot: string): RequestHandler {
  const router = Router();
  router.use(
    '/assets',
    express.static(join(webRoot, 'assets'), {
      immutable: true,
      maxAge: yearSeconds * 1000,
      index: false,
      redirect: false,
    }),
  );
  router.use(
    express.static(webRoot, {
      index: false,
      redirect: false,
      maxAge: 0,
      cacheControl: false,
      setHeaders: (response) => {
        response.setHeader('cache-control', 'no-cache');
      },
    }),
  );
  router.use(appPage(join(webRoot, 'index.html')));
  return router;
}

const appPage =
  (page: string): RequestHandler =>
  (request, response, next) => {
    const isPage = (request.method === 'GET' || request.method === 'HEAD') && !/\.[a-z0-9]+$/i.test(request.path);
    if (!isPage) return next(new DomainError('not_found'));
    if (!existsSync(page)) return next(new DomainError('unavailable', 'The web app is not built. Run: npm run build'));
    response.setHeader('cache-control', 'no-cache');
    response.sendFile(page, { cacheControl: false, dotfiles: 'allow' });
  };
