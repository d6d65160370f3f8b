import { DomainError, requestHeader } from '@backstay/shared';
import type { Request, RequestHandler } from 'express';

/**
 * Requests that change something must come from a page of this console: browsers send `Origin` (or at least
 * `Sec-Fetch-Site`) with them, and only a page of ours can set the custom header. Reading cross-site is refused too.
 */
export const sameOrigin: RequestHandler = (request, _response, next) => {
  const fine = isReading(request) ? !isCrossSite(request) : isOurs(request);
  next(fine ? undefined : new DomainError('foreign_origin'));
};

const isReading = (request: Request) => request.method === 'GET' || request.method === 'HEAD';

function isCrossSite(request: Request): boolean {
  const site = request.headers['sec-fetch-site'];
  return site === 'cross-site' || site === 'same-site';
}

function isOurs(request: Request): boolean {
  if (request.headers[requestHeader] === undefined || isCrossSite(request)) return false;
  const { origin } = request.headers;
  if (origin === undefined) return request.headers['sec-fetch-site'] === 'same-origin';
  return origin === `${request.protocol}://${request.headers.host}`;
}
