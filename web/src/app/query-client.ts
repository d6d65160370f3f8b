import { QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiError, hasApiCode } from '../lib/api-error.ts';
import { sessionKey } from '../lib/queries/cluster.ts';

const retry = (failures: number, error: unknown): boolean =>
  failures < 2 && error instanceof ApiError && error.retryable;

/** Live events keep the cache fresh; what is older than half a minute is read anew when a page opens. */
export function createQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        const session = query.queryKey[0] === sessionKey[0];
        if (!session && hasApiCode(error, 'sign_in_required')) void client.resetQueries({ queryKey: sessionKey });
      },
    }),
    defaultOptions: { queries: { retry, staleTime: 30_000, gcTime: 10 * 60_000 }, mutations: { retry: false } },
  });
  return client;
}
