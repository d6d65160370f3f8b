import type { ServerResponse } from 'node:http';
import { ApiError } from '../registry/api-error.ts';
import type { Exchange } from './exchange.ts';

/** A browser or a person with curl asks for indented JSON. */
const wantsPretty = ({ query, request }: Pick<Exchange, 'query' | 'request'>): boolean => {
  const asked = query.get('pretty');
  if (asked !== null) return asked !== 'false' && asked !== '0';
  return /^(curl|Wget|Mozilla)\b/.test(request.headers['user-agent'] ?? '');
};

export function sendJson(
  exchange: Pick<Exchange, 'query' | 'request' | 'response'>,
  status: number,
  body: unknown,
): void {
  const text = wantsPretty(exchange) ? `${JSON.stringify(body, undefined, 2)}\n` : `${JSON.stringify(body)}\n`;
  sendText(exchange.response, status, { text });
}

/** Sends a text as it is; JSON unless `type` says otherwise. */
export function sendText(
  response: ServerResponse,
  status: number,
  { text, type = 'application/json' }: { text: string; type?: string },
): void {
  sendBytes(response, status, { bytes: Buffer.from(text), type });
}

export function sendBytes(
  response: ServerResponse,
  status: number,
  { bytes, type }: { bytes: Buffer; type: string },
): void {
  if (response.headersSent) return;
  response.writeHead(status, {
    'content-type': type,
    'content-length': bytes.length,
    'cache-control': 'no-cache, private',
  });
  response.end(bytes);
}

/** kubectl prints each as `Warning: ...`. */
export function addWarnings(response: ServerResponse, warnings: readonly string[]): void {
  const safe = warnings.map((warning) => {
    const text = warning.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&');
    return `299 - "${text}"`;
  });
  if (safe.length > 0) response.setHeader('warning', safe);
}

const sqliteFull = 13;

const causeOf = (error: unknown): string =>
  error instanceof Error && 'errcode' in error && error.errcode === sqliteFull
    ? 'the disk that holds the cluster is full; nothing was changed; free some space and try again'
    : 'see the log of the cluster';

export function sendError(exchange: Pick<Exchange, 'query' | 'request' | 'response'>, error: unknown): void {
  const known =
    error instanceof ApiError
      ? error
      : new ApiError(500, 'InternalError', { message: `Internal error occurred: ${causeOf(error)}` });
  if (known.details?.retryAfterSeconds) {
    exchange.response.setHeader('retry-after', String(known.details.retryAfterSeconds));
  }
  sendJson(exchange, known.code, known.toStatus());
}
