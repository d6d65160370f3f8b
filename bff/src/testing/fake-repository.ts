import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Stored {
  number: number;
  body: Buffer;
  at: string;
}

/** The repository's wire protocol as far as the console speaks it, with the content of the test. */
export class FakeRepository {
  readonly collections = new Map<string, Stored[]>();
  readonly tokens = new Map<string, { scope: unknown; lifetime: unknown }>();
  readonly revoked: string[] = [];
  /** How many of the next requests come too soon. */
  tooSoon = 0;
  readonly password = 'canary-repository-password';
  #server = createServer((request, response) => {
    this.#answer(request, response).catch(() => response.destroy());
  });
  url = '';

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  store(collection: string, body: string): number {
    const versions = this.collections.get(collection) ?? [];
    const number = (versions.at(-1)?.number ?? 0) + 1;
    versions.push({ number, body: Buffer.from(body), at: new Date().toISOString() });
    this.collections.set(collection, versions);
    return number;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', 'http://server').pathname;
    if (path === '/api/stable/auth/login') return this.#login(await readJson(request), response);
    if (this.tooSoon > 0) {
      this.tooSoon -= 1;
      response.writeHead(429).end();
      return;
    }
    const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
    if (!this.tokens.has(token)) return reply(response, 401, { message: 'Token is expired' });
    if (path === '/api/stable/auth/logout') {
      this.revoked.push(new URL(request.url ?? '/', 'http://server').searchParams.get('sessionId') ?? '');
      return reply(response, 200, { data: {}, status: true });
    }
    const [, name = '', rest = ''] = /\/collection\/([^/]+)\/(.*)$/.exec(path) ?? [];
    const versions = this.collections.get(name);
    if (versions === undefined) return reply(response, 404, { error: 'cannot find specified collection' });
    this.#collection(response, { name, versions, rest });
  }

  #collection(response: ServerResponse, of: { name: string; versions: Stored[]; rest: string }) {
    const { name, versions, rest } = of;
    if (rest === 'usage') {
      const usedBytes = versions.reduce((sum, version) => sum + version.body.length, 0);
      const usage = { usedBytes, reservedBytes: 0, maxTotalBytes: 1e9, maxVersionBytes: 1e8, maxVersions: 10 };
      return reply(response, 200, { data: { usage: { ...usage, versions: versions.length } }, status: true });
    }
    if (rest === 'version') {
      return reply(response, 200, {
        data: { versions: versions.map((version) => describe(name, version)) },
        status: true,
      });
    }
    const found = versions.find((version) => rest === `version/${version.number}`);
    if (found === undefined) return reply(response, 404, { error: 'cannot find specified version' });
    response.writeHead(200, { 'content-length': found.body.length, etag: `"${digest(found.body)}"` }).end(found.body);
  }

  #login(body: { password?: string; operationsScope?: unknown; lifetime?: unknown }, response: ServerResponse) {
    if (body.password !== this.password) return reply(response, 401, { message: 'incorrect Username or Password' });
    const token = `canary-repository-token-${randomUUID()}`;
    this.tokens.set(token, { scope: body.operationsScope, lifetime: body.lifetime });
    const sessionId = createHash('sha256').update(token).digest('hex');
    reply(response, 200, { data: { token, sessionId, expire: '', msg: '' }, status: true });
  }
}

const digest = (body: Buffer) => createHash('sha256').update(body).digest('hex');

const describe = (collectionId: string, { number, body, at }: Stored) => ({
  ...{ id: `${collectionId}-${number}`, collectionId, versionNumber: number, filename: `${collectionId}-${number}` },
  ...{ filesize: body.length, user: 'backstay-console', uploadedBySessionId: '', sha256: digest(body) },
  ...{ CreatedAt: at, UpdatedAt: at, DeletedAt: null },
});

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function readJson(request: IncomingMessage): Promise<Record<string, never>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
