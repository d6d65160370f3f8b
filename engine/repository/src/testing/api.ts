import { mustBeDocumented } from './documented.ts';
import type { Harness } from './harness.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  readonly body: any;
  readonly text: string;
}

export interface Call {
  readonly token?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array | ReadableStream;
  readonly json?: unknown;
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** One request of a client. Fails when the OpenAPI document does not allow the answer. */
export const call = async (harness: Pick<Harness, 'url'>, target: string, options: Call = {}): Promise<Answer> => {
  const [method = 'GET', path = '/'] = target.split(' ');
  const headers: Record<string, string> = { ...options.headers };
  if (options.token !== undefined) {
    headers['authorization'] = `Bearer ${options.token}`;
  }
  if (options.json !== undefined) {
    headers['content-type'] = 'application/json';
  }
  const body = options.json === undefined ? options.body : JSON.stringify(options.json);
  const response = await fetch(`${harness.url}${path}`, {
    method,
    headers,
    body,
    redirect: 'manual',
    ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
  });
  const text = await response.text();
  const answer = { status: response.status, headers: response.headers, text, body: parse(text) };
  mustBeDocumented({ method, path }, answer);
  return answer;
};
