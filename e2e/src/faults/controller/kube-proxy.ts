import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';

export interface ProxiedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly watch: boolean;
  /** performance.now() */
  readonly at: number;
}

/**
 * What becomes of a request. `silent`: accepted and never answered. `unanswered`: handed on, and its answer withheld.
 * `slow`: handed on after the milliseconds.
 */
export type Fate = 'pass' | 'silent' | 'cut' | 'unanswered' | { status: number; body?: object } | { slow: number };

interface Stream {
  readonly path: string;
  readonly response: ServerResponse;
  silent: boolean;
}

export interface KubeProxy extends AsyncDisposable {
  readonly url: string;
  readonly requests: ProxiedRequest[];
  /** Asked for every request. */
  fate: (request: ProxiedRequest) => Fate | Promise<Fate>;
  /** Open watches go silent, without an end: their packets are lost. Returns how many. */
  freeze(): number;
  /** Bytes that the API server never sent, into every open watch. */
  inject(text: string, path?: string): number;
  /** Ends open watches, in the middle of whatever they are. */
  cut(): number;
}

const statusBody = (code: number): object => ({
  ...{ apiVersion: 'v1', kind: 'Status', status: 'Failure', code },
  ...{ reason: code === 410 ? 'Expired' : 'InternalError', message: `injected ${code}` },
});

interface Upstream {
  url: string;
  token: string;
  caCertificate: string;
}

const requestOf = (incoming: IncomingMessage): ProxiedRequest => {
  const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://proxy');
  const { method = 'GET' } = incoming;
  return { method, path: pathname, query: searchParams, watch: searchParams.has('watch'), at: performance.now() };
};

class HurtingProxy implements KubeProxy {
  readonly requests: ProxiedRequest[] = [];
  fate: KubeProxy['fate'] = () => 'pass';
  url = '';
  readonly #upstream: Upstream;
  readonly #agent: https.Agent;
  readonly #server: http.Server;
  readonly #streams = new Set<Stream>();

  constructor(upstream: Upstream) {
    this.#upstream = upstream;
    this.#agent = new https.Agent({
      ca: upstream.caCertificate,
      keepAlive: true,
      checkServerIdentity: () => undefined,
    });
    this.#server = http.createServer((incoming, response) => void this.#serve(incoming, response));
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  freeze(): number {
    for (const stream of this.#streams) stream.silent = true;
    return this.#streams.size;
  }

  inject(text: string, path?: string): number {
    const open = [...this.#streams].filter((stream) => path === undefined || stream.path === path);
    for (const { response } of open) response.write(text);
    return open.length;
  }

  cut(): number {
    const open = [...this.#streams];
    for (const { response } of open) response.destroy();
    return open.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    this.#agent.destroy();
    await once(this.#server, 'close');
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = requestOf(incoming);
    this.requests.push(request);
    response.on('error', () => undefined);
    const fate = await this.fate(request);
    if (fate === 'silent') return;
    if (fate === 'cut') {
      incoming.destroy();
      return;
    }
    if (typeof fate === 'object' && 'status' in fate) {
      const body = JSON.stringify(fate.body ?? statusBody(fate.status));
      response.writeHead(fate.status, { 'content-type': 'application/json', 'retry-after': '1' }).end(body);
      return;
    }
    if (typeof fate === 'object') await new Promise((resolve) => setTimeout(resolve, fate.slow));
    this.#forward(incoming, response, { request, answer: fate !== 'unanswered' });
  }

  #forward(
    incoming: IncomingMessage,
    response: ServerResponse,
    more: { request: ProxiedRequest; answer: boolean },
  ): void {
    const { url, token } = this.#upstream;
    const headers = { ...incoming.headers, host: new URL(url).host, authorization: `Bearer ${token}` };
    const outgoing = https.request(new URL(incoming.url ?? '/', url), {
      ...{ method: incoming.method, headers, agent: this.#agent },
    });
    outgoing.on('error', () => response.destroy());
    outgoing.on('response', (answer) => {
      answer.on('error', () => response.destroy());
      if (!more.answer) answer.resume().on('end', () => response.destroy());
      else if (more.request.watch && answer.statusCode === 200) this.#stream(answer, response, more.request.path);
      else answer.pipe(response.writeHead(answer.statusCode ?? 502, answer.headers));
    });
    response.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  }

  #stream(answer: IncomingMessage, response: ServerResponse, path: string): void {
    const stream: Stream = { path, response, silent: false };
    this.#streams.add(stream);
    response.on('close', () => this.#streams.delete(stream));
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    answer.on('data', (chunk: Buffer) => void (stream.silent || response.write(chunk)));
    answer.on('end', () => void (stream.silent || response.end()));
  }
}

/** Stands between a client and an API server, speaks plain HTTP to the client, and hurts what it is told to. */
export async function startKubeProxy(upstream: Upstream): Promise<KubeProxy> {
  const proxy = new HurtingProxy(upstream);
  await proxy.listen();
  return proxy;
}
