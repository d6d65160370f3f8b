import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Page {
  status: number;
  type: string;
  body: string;
}

export interface Served {
  /** http://host:port; a wildcard address is written as it was given. */
  readonly url: string;
  stop(): Promise<void>;
}

const write = (response: ServerResponse, { status, type, body }: Page): void => {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
};

const plain = (status: number, body: string): Page => ({ status, type: 'text/plain; charset=utf-8', body });

/** Reads `:8080`, `127.0.0.1:8080` or `[::1]:8080`. Undefined: `0` or empty, which means not to listen at all. */
export const parseBindAddress = (text: string): { host: string | undefined; port: number } | undefined => {
  if (text === '0' || text === '') {
    return undefined;
  }
  const match = /^(?:\[([0-9a-f:]+)\]|([^:[\]]*)):(\d{1,5})$/i.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw new Error(`"${text}" is no address to listen on; write :8080, 127.0.0.1:8080, or 0 to listen on none.`);
  }
  return { host: match[1] ?? (match[2] || undefined), port };
};

/** Serves pages that are made at each request. Rejects when the address is taken. */
export const servePages = async (
  address: { host: string | undefined; port: number },
  pages: Readonly<Record<string, () => Promise<Page> | Page>>,
): Promise<Served> => {
  const server = createServer((request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
    if (page === undefined || (request.method !== 'GET' && request.method !== 'HEAD')) {
      write(response, page === undefined ? plain(404, 'not found\n') : plain(405, 'only GET\n'));
      return;
    }
    Promise.resolve()
      .then(page)
      .then(
        (made) => write(response, made),
        () => write(response, plain(500, 'failed\n')),
      );
  });
  server.headersTimeout = 5_000;
  server.requestTimeout = 10_000;
  server.listen(address.port, address.host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${address.host ?? '0.0.0.0'}:${port}`,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
};

/** One line for each check, as Kubernetes' own components answer. */
export const checkPage = (checks: Readonly<Record<string, string | undefined>>): Page => {
  const lines = Object.entries(checks).map(([name, problem]) =>
    problem === undefined ? `[+]${name} ok` : `[-]${name} failed: ${problem}`,
  );
  const bad = Object.values(checks).some((problem) => problem !== undefined);
  return plain(bad ? 503 : 200, `${lines.join('\n')}\n${bad ? 'check failed' : 'ok'}\n`);
};
