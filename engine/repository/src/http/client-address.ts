import type { IncomingMessage } from 'node:http';
import { type AddressSet, plainAddress } from '../access/ip-rules.ts';

/** The peer, or what trusted proxies say about who stands behind them: the last address that is none of theirs. */
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
    .filter((address) => address !== '');
  return forwarded.findLast((address) => !trustedProxies.has(address)) ?? forwarded[0] ?? peer;
};
