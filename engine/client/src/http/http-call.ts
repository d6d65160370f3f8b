import type { ClientRequest, IncomingMessage } from 'node:http';
import tls from 'node:tls';
import { http, https } from '../built-in.ts';

export interface HttpCall {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly token: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** HTTP_PROXY, HTTPS_PROXY and NO_PROXY are read from here. */
  readonly environment: NodeJS.ProcessEnv;
}

/** Nothing but the beginning of an answer that is not data is of interest. */
const longestAnswer = 1024 * 1024;

let trusted: tls.SecureContext | undefined;

/** The roots of Node and those of the machine, as every other program on it uses; older versions of Node have only their own. */
const trustedRoots = (): tls.SecureContext => {
  const { getCACertificates } = tls as Partial<typeof tls>;
  if (!getCACertificates) return tls.createSecureContext();
  const roots = [...getCACertificates('default'), ...getCACertificates('system')];
  trusted ??= tls.createSecureContext({ ca: [...new Set(roots)] });
  return trusted;
};

const proxyNames = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'NO_PROXY', 'no_proxy'] as const;

const proxyOf = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(proxyNames.map((name) => [name, environment[name]]));

/** Opens a request; the caller writes the body and ends it. One connection a call, so that destroying it is final. */
export const openRequest = (call: HttpCall): ClientRequest => {
  const request = createRequest(call);
  // Whoever waits for the answer hears of the first error; what comes after it must not end the process.
  return request.on('error', () => undefined);
};

const createRequest = ({ method, url, token, headers, signal, environment }: HttpCall): ClientRequest => {
  const options = {
    method,
    headers: {
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      'User-Agent': 'backup-maker',
      ...headers,
    },
    ...(signal ? { signal } : {}),
  };
  const agentOptions = { keepAlive: false, proxyEnv: proxyOf(environment) };
  if (url.protocol !== 'https:') return http.request(url, { ...options, agent: new http.Agent(agentOptions) });
  const agent = new https.Agent({ ...agentOptions, secureContext: trusted ?? trustedRoots() });
  return https.request(url, { ...options, agent });
};

export const answerOf = (request: ClientRequest): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    request.once('response', resolve);
    request.once('error', reject);
    request.once('close', () => reject(new Error('the connection was closed without an answer')));
  });

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

export const readAnswer = async (response: IncomingMessage): Promise<HttpAnswer> => {
  const status = response.statusCode ?? 0;
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of response as AsyncIterable<Buffer>) {
      length += part.length;
      if (length <= longestAnswer) parts.push(part);
    }
  } catch (error) {
    // A refusal is one also when the server closes the connection in the middle of its words.
    if (status < 400) throw error;
  }
  return { status, text: Buffer.concat(parts).toString('utf8') };
};

/** A whole exchange with small bodies. Rejects when there is no whole answer. */
export const exchange = async (call: HttpCall, body?: unknown): Promise<HttpAnswer> => {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const type: Record<string, string> = text === undefined ? {} : { 'Content-Type': 'application/json' };
  const request = openRequest({ ...call, headers: { ...type, ...call.headers } });
  const answer = answerOf(request);
  request.end(text);
  return await readAnswer(await answer);
};
