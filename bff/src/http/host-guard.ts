import { DomainError } from '@backstay/shared';
import type { RequestHandler } from 'express';

const loopback = ['localhost', '127.0.0.1', '[::1]'];
const anyAddress = new Set(['0.0.0.0', '::', '']);
const literalAddress = /^(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:.]+\])(:\d+)?$/i;

/**
 * Refuses names that somebody else's DNS may have pointed at this machine. Loopback names and the host we listen on pass;
 * listening on every address, so do literal addresses, which no DNS can rebind.
 */
export function hostGuard(host: string, port: () => number): RequestHandler {
  const bracketed = host.includes(':') ? `[${host}]` : host;
  const isAllowed = (value: string) =>
    [...loopback, bracketed].some((name) => value === `${name}:${port()}` || (port() === 80 && value === name)) ||
    (anyAddress.has(host) && literalAddress.test(value));
  return (request, _response, next) => {
    if (isAllowed((request.headers.host ?? '').toLowerCase())) next();
    else next(new DomainError('foreign_origin', 'Open the console by the address that it printed.'));
  };
}
