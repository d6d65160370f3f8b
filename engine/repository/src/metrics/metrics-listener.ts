import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';

export interface MetricsListener {
  readonly port: number;
  stop(): Promise<void>;
}

/** `/metrics` on an address of its own, for networks where only the collector reaches it: it asks for nothing. */
export const startMetricsListener = async (options: {
  host: string;
  port: number;
  render: () => Promise<string>;
  logger: Logger;
}): Promise<MetricsListener> => {
  const { host, port, render, logger } = options;
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || (request.url ?? '').split('?')[0] !== '/metrics') {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found');
      return;
    }
    render().then(
      (text) => response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text),
      (error: unknown) => {
        logger.error({ err: error }, 'the metrics could not be collected');
        response.writeHead(500).end();
      },
    );
  });
  server.requestTimeout = 10_000;
  server.listen({ port, ...(host === '' ? {} : { host }) });
  await once(server, 'listening');
  server.on('error', (error) => logger.error({ err: error }, 'a connection for metrics could not be accepted'));
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
};
