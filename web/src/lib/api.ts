import { type PathParams, type Route, requestHeader } from '@backstay/shared';
import type { z } from 'zod';
import { ApiError, errorOf, offlineError } from './api-error.ts';

type ParamsOf<R> = R extends Route<infer Path, z.ZodType, z.ZodType, z.ZodType> ? PathParams<Path> : never;
type QueryOf<R> = R extends { readonly query?: infer Query } ? Partial<z.output<Extract<Query, z.ZodType>>> : never;
type BodyOf<R> = R extends { readonly body?: infer Body } ? z.input<Extract<Body, z.ZodType>> : never;
export type ReplyOf<R> = R extends { readonly reply?: infer Reply } ? z.output<Extract<Reply, z.ZodType>> : never;

export type CallInput<R> = {
  params?: ParamsOf<R>;
  query?: QueryOf<R>;
  body?: BodyOf<R>;
  signal?: AbortSignal | undefined;
};

/** The address of a route, with its parameters and query filled in. */
export function addressOf<R extends Route>(route: R, input: Pick<CallInput<R>, 'params' | 'query'> = {}): string {
  const params: Record<string, string> = { ...(input.params as Record<string, string> | undefined) };
  const path = route.path.replace(/:([A-Za-z]+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...input.query })) {
    if (value !== undefined) query.set(name, String(value));
  }
  return query.size === 0 ? path : `${path}?${query}`;
}

/** Calls a route and gives the raw response; for logs and files. Throws ApiError. */
export async function callRaw<R extends Route>(route: R, input: CallInput<R> = {}): Promise<Response> {
  const body = input.body === undefined ? undefined : JSON.stringify(input.body);
  const response = await fetch(addressOf(route, input), {
    method: route.method,
    headers: {
      accept: '*/*',
      ...(route.method === 'GET' ? {} : { [requestHeader]: '1' }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: body ?? null,
    signal: input.signal ?? null,
    credentials: 'same-origin',
  }).catch((cause: unknown) => {
    if (input.signal?.aborted) throw cause;
    throw offlineError(cause);
  });
  if (!response.ok) throw await errorOf(response);
  return response;
}

/** Calls a route and gives its parsed reply. Throws ApiError. */
export async function call<R extends Route>(route: R, input: CallInput<R> = {}): Promise<ReplyOf<R>> {
  const response = await callRaw(route, input);
  const parsed = route.reply?.safeParse(await response.json().catch(() => undefined));
  if (parsed?.success !== true) {
    throw new ApiError('unexpected_reply', 'Backstay and this page are of different versions. Reload the page.', {
      status: response.status,
      cause: parsed?.error,
    });
  }
  return parsed.data as ReplyOf<R>;
}
