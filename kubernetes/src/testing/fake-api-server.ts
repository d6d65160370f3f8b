import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  authorization: string | undefined;
  /** performance.now() */
  at: number;
}

/** What the server does with one request. The last one of a script serves all further requests. */
export type FakeAnswer = (response: ServerResponse, request: FakeRequest) => void | Promise<void>;

export interface FakeApiServer {
  readonly url: string;
  readonly requests: FakeRequest[];
  stop(): Promise<void>;
}

const requestOf = (incoming: IncomingMessage): FakeRequest => {
  const url = new URL(incoming.url ?? '/', 'http://server');
  return {
    method: incoming.method ?? '',
    path: url.pathname,
    query: url.searchParams,
    authorization: incoming.headers.authorization,
    at: performance.now(),
  };
};

/** An HTTP server that answers lists and watches from two scripts, fault by fault. */
export const startFakeApiServer = async (
  scripts: { list: FakeAnswer[]; watch: FakeAnswer[] },
  port = 0,
): Promise<FakeApiServer> => {
  const requests: FakeRequest[] = [];
  const taken = { list: 0, watch: 0 };
  const server = createServer((incoming, response) => {
    const request = requestOf(incoming);
    requests.push(request);
    response.on('error', () => undefined);
    const kind = request.query.has('watch') ? 'watch' : 'list';
    const script = scripts[kind];
    const answer = script[Math.min(taken[kind], script.length - 1)];
    taken[kind] += 1;
    Promise.resolve(answer?.(response, request)).catch(() => response.destroy());
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
};

export const answerJson =
  (body: unknown, status = 200): FakeAnswer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };

export const statusObject = (code: number, reason: string, message = reason) => ({
  apiVersion: 'v1',
  kind: 'Status',
  status: 'Failure',
  code,
  reason,
  message,
});

export const answerStatus = (code: number, reason: string): FakeAnswer => answerJson(statusObject(code, reason), code);

/** Sends the lines in one write, then leaves the stream open (or ends it). */
export const answerLines =
  (lines: readonly string[], after: 'open' | 'end' | 'cut' = 'open'): FakeAnswer =>
  (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if (lines.length > 0) {
      response.write(lines.map((line) => `${line}\n`).join(''));
    }
    if (after === 'end') {
      response.end();
    } else if (after === 'cut') {
      setImmediate(() => response.destroy());
    }
  };
