import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import type { FinishedRequest } from '../metrics/repository-metrics.ts';
import { UploadError } from '../uploads/upload-errors.ts';
import { type Handled, type HandlerOptions, handleRequest } from './handle-request.ts';
import { sendReply } from './send-reply.ts';

const headersTimeout = 10_000;
const keepAliveTimeout = 65_000;

export interface RepositoryServerOptions extends HandlerOptions {
  readonly logger: Logger;
  /** A connection without a byte in either direction for this long is cut. Milliseconds. */
  readonly idleTimeout: number;
  readonly stopping: () => boolean;
  readonly finished: (request: FinishedRequest) => void;
}

export interface RepositoryServer {
  readonly server: Server;
  /** Requests that are being handled. */
  readonly active: () => number;
  /** Tells all handlers to stop: they answer or end by themselves. */
  abortAll(): void;
}

/** One line, made of what was routed: neither the path as it came nor its query, which may hold secrets. */
const logRequest = (logger: Logger, entry: { request: IncomingMessage; handled: Handled; started: number }): void => {
  const { request, started } = entry;
  const { reply, route, clientAddress, requestId, facts } = entry.handled;
  const { status } = reply;
  const fields = {
    method: request.method,
    route,
    status,
    ms: Math.round(performance.now() - started),
    ip: clientAddress,
    requestId,
    user: facts.user,
    collection: facts.collectionId,
  };
  if (status >= 500) {
    logger.warn(fields, 'request');
  } else {
    logger.info(fields, 'request');
  }
};

/** What went over a connection since it was last asked: for the request that just ended. */
const createTrafficCount = () => {
  const counted = new WeakMap<Socket, { received: number; sent: number }>();
  return (socket: Socket): { receivedBytes: number; sentBytes: number } => {
    const before = counted.get(socket) ?? { received: 0, sent: 0 };
    const { bytesRead: received, bytesWritten: sent } = socket;
    counted.set(socket, { received, sent });
    return { receivedBytes: received - before.received, sentBytes: sent - before.sent };
  };
};

/** The HTTP listener: timers, the life of a connection, and nothing of what requests mean. */
export const createRepositoryServer = (options: RepositoryServerOptions): RepositoryServer => {
  const { logger } = options;
  const running = new Set<AbortController>();
  const traffic = createTrafficCount();

  const serve = async (request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): Promise<void> => {
    const started = performance.now();
    const { socket } = request;
    let route = 'unknown';
    const controller = new AbortController();
    running.add(controller);
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    response.once('close', () => {
      options.finished({
        method: request.method ?? '',
        route,
        status: response.statusCode,
        seconds: (performance.now() - started) / 1000,
        ...traffic(socket),
      });
      if (!response.writableFinished) {
        controller.abort(new UploadError('cancelled', 'upload was cancelled'));
      }
    });
    try {
      const incoming = { request, response, expectsContinue, signal: controller.signal };
      const handled = await handleRequest(incoming, options);
      const { reply } = handled;
      route = handled.route;
      const closeConnection = options.stopping() || (expectsContinue && !request.complete);
      logRequest(logger, { request, handled, started });
      await sendReply(request, response, { reply, closeConnection });
    } catch (error) {
      // The answer broke off half way: only a cut connection tells the client that it is incomplete.
      logger.warn({ err: error, method: request.method }, 'an answer could not be sent completely');
      response.destroy();
    } finally {
      running.delete(controller);
    }
  };

  const server = createServer({
    requestTimeout: 0,
    headersTimeout,
    keepAliveTimeout,
    connectionsCheckingInterval: 2000,
  });
  server.timeout = options.idleTimeout;
  server.on('request', (request, response) => void serve(request, response, false));
  server.on('checkContinue', (request, response) => void serve(request, response, true));
  return {
    server,
    active: () => running.size,
    abortAll: () => {
      for (const controller of running) {
        controller.abort(new UploadError('cancelled', 'the server is stopping'));
      }
    },
  };
};
