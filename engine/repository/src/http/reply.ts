import type { OutgoingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { toJson } from './json.ts';

export interface Reply {
  readonly status: number;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string;
  /** Instead of `body`. When it fails after the headers went out, the connection is destroyed. */
  readonly stream?: Readable;
}

const jsonHeaders = { 'content-type': 'application/json; charset=utf-8' };

export const json = (status: number, value: unknown, headers: OutgoingHttpHeaders = {}): Reply => ({
  status,
  headers: { ...jsonHeaders, ...headers },
  body: toJson(value),
});

export const success = (data: Record<string, unknown>, status = 200): Reply => json(status, { data, status: true });

export const plainText = (status: number, text: string): Reply => ({
  status,
  headers: { 'content-type': 'text/plain' },
  body: text,
});

export const empty = (status: number, headers: OutgoingHttpHeaders = {}): Reply => ({ status, headers });

/** A request that is answered with an error. */
export class Failure extends Error {
  readonly reply: Reply;

  constructor(reply: Reply, message: string) {
    super(message);
    this.name = 'Failure';
    this.reply = reply;
  }
}

/** The envelope of handler errors. `data` is empty but for health checks. */
export const failure = (status: number, error: string, more: { data?: unknown; headers?: OutgoingHttpHeaders } = {}) =>
  new Failure(json(status, { data: more.data ?? {}, error, status: false }, more.headers), error);

/** The envelope of login and token errors. */
export const accessFailure = (status: number, message: string): Failure =>
  new Failure(
    json(
      status,
      { code: status, data: {}, message, status: false },
      { 'www-authenticate': 'JWT realm=backup-repository' },
    ),
    message,
  );
