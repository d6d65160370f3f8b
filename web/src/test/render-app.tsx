import { type Route, sessionRoutes } from '@backstay/shared';
import { cleanup, configure, render } from '@testing-library/react';
import { type HttpHandler, HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { App } from '../app/app.tsx';
import { createQueryClient } from '../app/query-client.ts';
import { createAppRouter } from '../app/router.tsx';
import type { ReplyOf } from '../lib/api.ts';
import { takeSignInCode } from '../lib/sign-in-code.ts';
import { addBrowserParts } from './browser-parts.ts';
import { session } from './fixtures.ts';

// A busy machine loads a lazy page slowly; a page that never comes still fails.
configure({ asyncUtilTimeout: 10_000 });

export const server = setupServer();

type Answer<R> = ReplyOf<R> | ((body: unknown) => ReplyOf<R> | Response);

/** A handler that holds both sides to the contract: the body must fit the route's schema, and so must the reply. */
export function answers<R extends Route>(route: R, answer: Answer<R>): HttpHandler {
  const method = route.method.toLowerCase() as 'get' | 'post' | 'put' | 'delete';
  return http[method](route.path, async ({ request }) => {
    const body = route.body?.parse(await request.json());
    const reply = typeof answer === 'function' ? (answer as (body: unknown) => unknown)(body) : answer;
    return reply instanceof Response ? reply : HttpResponse.json(route.reply?.parse(reply) as object);
  });
}

export const refuses = <R extends Route>(route: R, status: number, error: object): HttpHandler => {
  const method = route.method.toLowerCase() as 'get' | 'post' | 'put' | 'delete';
  return http[method](route.path, () => HttpResponse.json({ error, requestId: 'req-1' }, { status }));
};

/** Starts the fake server around the tests of a file. A request that no handler knows fails the test. */
export function startFakeServer(): void {
  beforeAll(() => {
    addBrowserParts();
    server.listen({ onUnhandledFrame: 'error' });
  });
  beforeEach(() => {
    localStorage.clear();
    sessionStorage.clear();
    server.use(answers(sessionRoutes.getSession, session));
  });
  afterEach(() => {
    cleanup();
    server.resetHandlers();
  });
  afterAll(() => server.close());
}

/** The whole application at an address, as `main.tsx` puts it together. */
export function renderApp(address: string) {
  window.history.replaceState(null, '', address);
  let code = takeSignInCode();
  const queryClient = createQueryClient();
  queryClient.setDefaultOptions({ queries: { ...queryClient.getDefaultOptions().queries, retry: false } });
  const router = createAppRouter({
    queryClient,
    takeSignInCode: () => {
      const once = code;
      code = undefined;
      return once;
    },
  });
  return { queryClient, router, ...render(<App queryClient={queryClient} router={router} />) };
}
