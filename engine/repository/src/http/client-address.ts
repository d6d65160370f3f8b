import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { type AddressSet, plainAddress } from '../access/ip-rules.ts';

/**
 * The peer, or what trusted proxies say about who stands behind them: the last address that is none of theirs in
 * X-Forwarded-For, and without such a header that in X-Real-IP.
 */
export const clientAddress = (request: IncomingMessage, trustedProxies: AddressSet): string => {
  const peer = plainAddress(request.socket.remoteAddress ?? '');
  if (!trustedProxies.has(peer)) {
    return peer;
  }
  const forwarded = [request.headers['x-forwarded-for'] ?? []]
    .flat()
    .join(',')
    .split(',')
    .map((address) => plainAddress(address.trim()))
    .filter((address) => isIP(address) !== 0);
  const real = plainAddress([request.headers['x-real-ip'] ?? []].flat().join('').trim());
  return (
    forwarded.findLast((address) => !trustedProxies.has(address)) ?? forwarded[0] ?? (isIP(real) === 0 ? peer : real)
  );
};
