import type { HttpCall } from '../http/http-call.ts';
import type { Operation } from '../operation.ts';

/** One collection of a repository server, reached with one token. */
export interface RepositoryAccess {
  readonly url: string;
  readonly collection: string;
  readonly token: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Pause before the first retry; it doubles with each. */
  readonly retryMilliseconds: number;
  /** A connection is given up when it has not moved for so long while something was waited for. */
  readonly stallMilliseconds: number;
  readonly operation: Operation;
}

const collectionUrl = ({ url, collection }: RepositoryAccess, generation: 'alpha' | 'stable'): string =>
  `${url.replace(/\/+$/, '')}/api/${generation}/repository/collection/${encodeURIComponent(collection)}`;

export const versionUrl = (access: RepositoryAccess, version?: string): URL =>
  new URL(`${collectionUrl(access, 'alpha')}/version${version === undefined ? '' : `/${encodeURIComponent(version)}`}`);

export const versionsUrl = (access: RepositoryAccess): URL => new URL(`${collectionUrl(access, 'stable')}/version`);

export const uploadsUrl = (access: RepositoryAccess, path = ''): URL =>
  new URL(`${collectionUrl(access, 'stable')}/uploads${path}`);

export const callOf = (access: RepositoryAccess, method: HttpCall['method'], url: URL): HttpCall => ({
  method,
  url,
  token: access.token,
  environment: access.environment,
  signal: access.operation.signal,
});

/** For a small exchange, from its beginning to its end. */
export const shortCallOf = (access: RepositoryAccess, method: HttpCall['method'], url: URL): HttpCall => ({
  ...callOf(access, method, url),
  signal: AbortSignal.any([access.operation.signal, AbortSignal.timeout(access.stallMilliseconds)]),
});

/** In a row, without a byte that moved. With the usual pauses they last for a minute and a half. */
export const retries = 8;
/** Times the first pause. */
const longestPause = 60;

/** Answers of a server or proxy that is away for a moment, or that waited in vain for the rest of a request (408). */
export const isPassing = ({ status }: { readonly status: number }): boolean =>
  [408, 429, 500, 502, 503, 504].includes(status);

/** Waits before retry number `attempt` (from 0); ends at once when the operation is aborted. */
export const pause = async ({ operation, retryMilliseconds }: RepositoryAccess, attempt: number): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  try {
    const waited = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, retryMilliseconds * Math.min(2 ** attempt, longestPause));
    });
    await operation.guard(waited);
  } finally {
    clearTimeout(timer);
  }
};
