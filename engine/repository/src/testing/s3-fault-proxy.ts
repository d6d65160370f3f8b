import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { pipeline } from 'node:stream/promises';

export type S3Operation =
  | 'abort'
  | 'begin'
  | 'complete'
  | 'copy'
  | 'delete'
  | 'get'
  | 'head'
  | 'list'
  | 'part'
  | 'put'
  | 'uploads';

/**
 * What goes wrong with one request. `lost-reply`: S3 does it, but the answer never comes. `error-in-200` and
 * `error-in-200-done`: an answer 200 whose body is an error, without and with the work done. `broken-body`: the answer
 * ends half way. `timeout`: nothing happens, for ever. The others are refusals of that status; S3 never sees the request.
 */
export type S3Fault =
  | 'broken-body'
  | 'conflict'
  | 'error-in-200'
  | 'error-in-200-done'
  | 'internal-error'
  | 'lost-reply'
  | 'precondition-failed'
  | 'reset'
  | 'timeout'
  | 'unavailable';

export interface S3FaultProxy {
  readonly port: number;
  /** How often each fault was injected. */
  readonly injected: Map<S3Fault, number>;
  /** Which fault the next requests meet; undefined: none. */
  plan: (request: { operation: S3Operation; path: string }) => S3Fault | undefined;
  stop(): Promise<void>;
}

const errorBody = (code: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>injected</Message></Error>`;

const refusals: Partial<Record<S3Fault, [status: number, code: string]>> = {
  unavailable: [503, 'SlowDown'],
  'internal-error': [500, 'InternalError'],
  conflict: [409, 'ConditionalRequestConflict'],
  'precondition-failed': [412, 'PreconditionFailed'],
  'error-in-200': [200, 'InternalError'],
};

/** What a request asks of S3, by its method and parameters. */
export const operationOf = (request: Pick<IncomingMessage, 'method' | 'url' | 'headers'>): S3Operation => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://s3');
  const isMultipart = searchParams.has('uploadId');
  switch (request.method) {
    case 'POST':
      return isMultipart ? 'complete' : 'begin';
    case 'PUT':
      if (request.headers['x-amz-copy-source'] !== undefined) {
        return 'copy';
      }
      return isMultipart ? 'part' : 'put';
    case 'DELETE':
      return isMultipart ? 'abort' : 'delete';
    case 'HEAD':
      return 'head';
    default:
      if (searchParams.has('uploads')) {
        return 'uploads';
      }
      return pathname.split('/').length > 2 && !searchParams.has('list-type') ? 'get' : 'list';
  }
};

const refuse = async (request: IncomingMessage, response: ServerResponse, fault: S3Fault): Promise<void> => {
  const [status, code] = refusals[fault] ?? [500, 'InternalError'];
  request.resume();
  if (!request.complete) {
    await once(request, 'end');
  }
  const body = errorBody(code);
  response.writeHead(status, { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(body) });
  response.end(body);
};

/** Sends the request on and gives the answer of S3. */
const forward = async (request: IncomingMessage, port: number): Promise<IncomingMessage> => {
  const { method, url, headers } = request;
  const outgoing = send({ host: '127.0.0.1', port, method, path: url, headers });
  const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
  outgoing.on('error', () => undefined);
  answered.catch(() => undefined);
  // S3 may answer before it has read everything.
  pipeline(request, outgoing).catch(() => undefined);
  return (await answered)[0];
};

const answerWith = async (response: ServerResponse, answer: IncomingMessage, fault: S3Fault | undefined) => {
  if (fault === 'lost-reply' || fault === 'error-in-200-done') {
    answer.resume();
    await once(answer, 'end');
    if (fault === 'lost-reply') {
      response.destroy();
    } else {
      response.writeHead(200, { 'content-type': 'application/xml' }).end(errorBody('InternalError'));
    }
    return;
  }
  response.writeHead(answer.statusCode ?? 502, answer.headers);
  if (fault === 'broken-body') {
    const half = Math.floor(Number(answer.headers['content-length'] ?? 0) / 2);
    let sent = 0;
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      response.write(chunk.subarray(0, Math.max(0, half - sent)));
      sent += chunk.length;
      if (sent >= half) {
        break;
      }
    }
    response.socket?.destroySoon();
    return;
  }
  await pipeline(answer, response);
};

/** Stands in front of an S3 server and breaks what the plan says. Signatures hold: the host header passes unchanged. */
export const startS3FaultProxy = async (target: { port: number }): Promise<S3FaultProxy> => {
  const injected = new Map<S3Fault, number>();
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const fault = proxy.plan({ operation: operationOf(request), path: request.url ?? '/' });
    if (fault !== undefined) {
      injected.set(fault, (injected.get(fault) ?? 0) + 1);
    }
    if (fault === 'timeout') {
      request.resume();
    } else if (fault === 'reset') {
      request.socket.resetAndDestroy();
    } else if (fault !== undefined && refusals[fault] !== undefined) {
      await refuse(request, response, fault);
    } else {
      await answerWith(response, await forward(request, target.port), fault);
    }
  };
  const server = createServer({ requestTimeout: 0 }, (request, response) => {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    serve(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const proxy: S3FaultProxy = {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    injected,
    plan: () => undefined,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return proxy;
};

/** A plan that breaks a share of all requests, or of those of some operations. `random` gives 0 to 1. */
export const randomFaults = (options: {
  share: number;
  faults: readonly S3Fault[];
  random: () => number;
  operations?: readonly S3Operation[];
}): S3FaultProxy['plan'] => {
  const { share, faults, random, operations } = options;
  return ({ operation }) => {
    const meant = operations === undefined || operations.includes(operation);
    return meant && random() < share ? faults[Math.floor(random() * faults.length)] : undefined;
  };
};
