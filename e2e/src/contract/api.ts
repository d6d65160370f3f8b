import https from 'node:https';

export interface ApiTarget {
  readonly url: string;
  readonly caCertificate: string;
  readonly adminToken: string;
}

export interface Reply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  // The body of any answer; a contract test looks into it as it is.
  // biome-ignore lint/suspicious/noExplicitAny: tests read members of every kind of answer.
  body: any;
  text: string;
}

export interface CallOptions {
  body?: unknown;
  type?: string;
  accept?: string;
  token?: string;
  headers?: Record<string, string>;
}

/** Raw requests to a Kubernetes API, so that nothing of a client library stands between the test and the wire. */
export class Api {
  readonly target: ApiTarget;
  readonly #agent: https.Agent;

  constructor(target: ApiTarget) {
    this.target = target;
    this.#agent = new https.Agent({ ca: target.caCertificate, keepAlive: true });
  }

  call(method: string, path: string, options: CallOptions = {}): Promise<Reply> {
    const text = typeof options.body === 'string' ? options.body : JSON.stringify(options.body);
    return new Promise((resolve, reject) => {
      const request = https.request(this.#request({ method, path, text }, options), (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const received = Buffer.concat(chunks).toString();
          const { statusCode = 0, headers } = response;
          resolve({ status: statusCode, headers, text: received, body: parsed(received) });
        });
      });
      request.on('error', reject);
      request.end(text);
    });
  }

  get = (path: string, options?: CallOptions) => this.call('GET', path, options);
  post = (path: string, body: unknown, options: CallOptions = {}) => this.call('POST', path, { body, ...options });
  put = (path: string, body: unknown, options: CallOptions = {}) => this.call('PUT', path, { body, ...options });
  delete = (path: string, body?: unknown, options: CallOptions = {}) => this.call('DELETE', path, { body, ...options });
  patch = (kind: PatchKind, path: string, body: unknown) => this.call('PATCH', path, { body, type: patchTypes[kind] });
  apply = (path: string, body: unknown) => this.call('PATCH', path, { body, type: patchTypes.apply });

  /** Opens a watch. `next` gives the next event; `close` ends it. */
  watch(path: string, options: CallOptions = {}): Watch {
    return new Watch(this.#request({ method: 'GET', path }, options));
  }

  close(): void {
    this.#agent.destroy();
  }

  #request(
    { method, path, text }: { method: string; path: string; text?: string },
    { type, accept, token, headers, body }: CallOptions,
  ): https.RequestOptions {
    const { hostname, port } = new URL(this.target.url);
    const withBody = body === undefined ? {} : { 'content-type': type ?? 'application/json' };
    const authorization = `Bearer ${token ?? this.target.adminToken}`;
    return {
      method,
      hostname,
      port,
      path,
      agent: this.#agent,
      headers: {
        'user-agent': 'contract/1',
        ...(token === '' ? {} : { authorization }),
        ...(accept === undefined ? {} : { accept }),
        ...withBody,
        ...(text === undefined ? {} : { 'content-length': String(Buffer.byteLength(text)) }),
        ...headers,
      },
    };
  }
}

const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;
type PatchKind = keyof typeof patchTypes;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export interface WatchEvent {
  type: string;
  // biome-ignore lint/suspicious/noExplicitAny: as for Reply.
  object: any;
}

export class Watch {
  /** HTTP status, once the server has answered. */
  readonly status: Promise<number>;
  readonly #events: WatchEvent[] = [];
  readonly #request: ReturnType<typeof https.request>;
  #wake: () => void = () => undefined;
  #ended = false;

  constructor(options: https.RequestOptions) {
    const { agent: _, ...own } = options;
    const ca = (options.agent as https.Agent).options.ca;
    this.#request = https.request({ ...own, ...(ca ? { ca } : {}) });
    this.status = new Promise((resolve, reject) => {
      this.#request.on('response', (response) => {
        resolve(response.statusCode ?? 0);
        this.#read(response);
      });
      this.#request.on('error', (error) => {
        this.#end();
        reject(error);
      });
    });
    this.status.catch(() => undefined);
    this.#request.end();
  }

  /** Undefined when the server has ended the watch. Rejects after `milliseconds` without an event. */
  async next(milliseconds = 10_000): Promise<WatchEvent | undefined> {
    const deadline = Date.now() + milliseconds;
    for (;;) {
      const event = this.#events.shift();
      if (event || this.#ended) return event;
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`no watch event within ${milliseconds} ms`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  close(): void {
    this.#request.destroy();
  }

  #read(response: NodeJS.ReadableStream): void {
    let rest = '';
    response.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines.filter(Boolean)) this.#events.push(JSON.parse(line) as WatchEvent);
      this.#wake();
    });
    response.on('error', () => this.#end());
    response.on('end', () => this.#end());
  }

  #end(): void {
    this.#ended = true;
    this.#wake();
  }
}
