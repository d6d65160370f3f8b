import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import type { Connection, TlsMaterial } from '../connection/connection.ts';
import { KubeError } from '../kube-client.ts';
import { errorFromBody, unreachable } from './status-error.ts';

export type QueryValue = string | number | boolean | undefined;

export interface KubeRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  query?: Record<string, QueryValue>;
  body?: unknown;
  /** Of `body`. Default: application/json. */
  contentType?: string;
  signal?: AbortSignal;
}

export interface StreamTimeouts {
  /** Milliseconds; 0: never. */
  headers: number;
  /** Milliseconds of silence; 0: never. */
  idle: number;
}

export type ByteStream = AsyncIterable<Uint8Array> & { destroy(): void };

/** Sends requests as one identity over a connection pool that several identities may share. */
export interface Transport {
  readonly server: string;
  json(request: KubeRequest): Promise<unknown>;
  text(request: KubeRequest): Promise<string>;
  /** The caller reads the stream to its end or destroys it. */
  stream(request: KubeRequest, timeouts: StreamTimeouts): Promise<ByteStream>;
  withToken(token: string): Transport;
  close(): Promise<void>;
}

const answerTimeouts: StreamTimeouts = { headers: 60_000, idle: 60_000 };
const maxErrorBytes = 256 * 1024;

interface Pools {
  /** With the client certificate, if the connection has one. */
  own(): Promise<Pool>;
  /**
   * Without it: an API server takes a certificate before a token, so that a request of somebody else's token on a connection
   * with our certificate would run with our rights.
   */
  certificateFree(): Promise<Pool>;
  close(): Promise<void>;
}

type Pool = Agent | ProxyAgent;

const makePool = (connection: Connection, tls: TlsMaterial): Pool => {
  const options = { allowH2: false, connect: { ...tls, timeout: 10_000, keepAliveInitialDelay: 10_000 } };
  return connection.proxyUrl === undefined
    ? new Agent(options)
    : new ProxyAgent({ ...options, uri: connection.proxyUrl, requestTls: options.connect });
};

const makePools = (connection: Connection): Pools => {
  let own: Promise<Pool> | undefined;
  let certificateFree: Promise<Pool> | undefined;
  const ownPool = (): Promise<Pool> => {
    own ??= connection.tls().then((tls) => makePool(connection, tls));
    own.catch(() => {
      own = undefined;
    });
    return own;
  };
  const certificateFreePool = async (): Promise<Pool> => {
    const { cert, key, ...tls } = await connection.tls();
    return cert === undefined && key === undefined ? ownPool() : makePool(connection, tls);
  };
  return {
    own: ownPool,
    certificateFree: () => {
      certificateFree ??= certificateFreePool();
      certificateFree.catch(() => {
        certificateFree = undefined;
      });
      return certificateFree;
    },
    close: async () => {
      const settled = await Promise.allSettled([own, certificateFree]);
      const pools = new Set(settled.map((result) => (result.status === 'fulfilled' ? result.value : undefined)));
      for (const pool of pools) {
        await pool?.destroy(null);
      }
    },
  };
};

const queryText = (query: KubeRequest['query']): string => {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== false && value !== '') {
      parameters.set(name, String(value));
    }
  }
  return parameters.size === 0 ? '' : `?${parameters}`;
};

const readSome = async (body: AsyncIterable<Uint8Array>): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxErrorBytes) {
      break;
    }
  }
  return Buffer.concat(chunks).toString('utf8');
};

interface Identity {
  pool(): Promise<Pool>;
  authorization(): Promise<string | undefined>;
}

const headersOf = (request: KubeRequest, authorization: string | undefined): Record<string, string> => ({
  accept: 'application/json',
  'user-agent': 'backstay',
  ...(authorization === undefined ? {} : { authorization }),
  ...(request.body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
});

const send = async (
  server: URL,
  identity: Identity,
  { request, timeouts }: { request: KubeRequest; timeouts: StreamTimeouts },
): Promise<Dispatcher.ResponseData> => {
  const pool = await identity.pool();
  const response = await pool.request({
    origin: server.origin,
    path: `${server.pathname.replace(/\/$/, '')}${request.path}${queryText(request.query)}`,
    method: request.method,
    headers: headersOf(request, await identity.authorization()),
    body: request.body === undefined ? null : JSON.stringify(request.body),
    signal: request.signal,
    headersTimeout: timeouts.headers,
    bodyTimeout: timeouts.idle,
  });
  // A body that is destroyed early emits an error; without a listener it would end the process.
  response.body.on('error', () => undefined);
  if (response.statusCode >= 400) {
    throw errorFromBody(await readSome(response.body), response.statusCode);
  }
  return response;
};

const parseAnswer = async (response: Dispatcher.ResponseData): Promise<unknown> => {
  const text = await response.body.text();
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new KubeError(response.statusCode, 'The API server sent an answer that is not JSON.', {
      reason: 'BadResponse',
      cause,
    });
  }
};

const makeTransport = (connection: Connection, pools: Pools, identity: Identity): Transport => {
  const server = new URL(connection.server);
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw unreachable(error, connection.server);
    }
  };
  return {
    server: connection.server,
    json: (request) =>
      guarded(async () => parseAnswer(await send(server, identity, { request, timeouts: answerTimeouts }))),
    text: (request) =>
      guarded(async () => (await send(server, identity, { request, timeouts: answerTimeouts })).body.text()),
    stream: (request, timeouts) => guarded(async () => (await send(server, identity, { request, timeouts })).body),
    withToken: (token) => {
      if (!/^[\x21-\x7e]+$/.test(token)) {
        // Without a token the API server would take the request for anonymous, not refuse it.
        throw new KubeError(401, 'A token is needed.', { reason: 'Unauthorized' });
      }
      const authorization = (): Promise<string> => Promise.resolve(`Bearer ${token}`);
      const identity = { pool: pools.certificateFree, authorization };
      return { ...makeTransport(connection, pools, identity), close: () => Promise.resolve() };
    },
    close: pools.close,
  };
};

export const createTransport = (connection: Connection): Transport => {
  const pools = makePools(connection);
  return makeTransport(connection, pools, { pool: pools.own, authorization: connection.authorization });
};
