import { createHash } from 'node:crypto';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface StoredUpload {
  readonly bytes: Buffer;
  readonly sha256: string;
}

export interface SentRequest {
  readonly method: string;
  readonly path: string;
  /** False when the connection was cut before the body ended. */
  complete: boolean;
}

/** Decides about a request before the server does; true when it has answered. */
export type Intervention = (request: IncomingMessage, response: ServerResponse) => boolean;

const json = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
};

export const refuse = (response: ServerResponse, status: number, error: string): void =>
  json(response, status, { data: {}, error, status: false });

const readBody = async (request: IncomingMessage, push: (part: Buffer) => void): Promise<boolean> => {
  try {
    for await (const part of request) push(part as Buffer);
    return request.complete;
  } catch {
    return false;
  }
};

interface Upload {
  readonly id: string;
  readonly key: string;
  state: 'open' | 'committed' | 'aborted';
  parts: Buffer[];
  offset: number;
  version?: number;
  reason?: string;
}

/** Mixes its two collections up, and is otherwise a small repository server in memory, as old (plain upload only) or new (commit protocol, digests, ranges) ones behave. */
export class TestRepository {
  readonly token = 'token-1234567890';
  readonly versions: StoredUpload[] = [];
  readonly uploads: Upload[] = [];
  readonly requests: SentRequest[] = [];
  readonly #server: http.Server;
  readonly #sockets = new Set<Socket>();
  readonly #kind: 'old' | 'new';
  intervene: Intervention = () => false;
  /** Cuts the connection of a download after so many bytes of one answer. */
  cutDownloadAfter: readonly number[] = [];
  /** Cuts the connection of an upload after so many bytes of one request. */
  cutUploadAfter: number[] = [];
  /** Numbers of versions that are refused as damaged, as a server does that has found that out. */
  readonly damaged = new Set<number>();

  constructor(kind: 'old' | 'new') {
    this.#kind = kind;
    this.#server = http.createServer((request, response) => void this.#handle(request, response));
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(kind: 'old' | 'new'): Promise<TestRepository> {
    const repository = new TestRepository(kind);
    await new Promise<void>((resolve) => repository.#server.listen(0, '127.0.0.1', resolve));
    return repository;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get environment(): NodeJS.ProcessEnv {
    return { BM_URL: this.url, BM_COLLECTION_ID: 'iwa-ait', BM_AUTH_TOKEN: this.token };
  }

  store(bytes: Buffer): number {
    this.versions.push({ bytes, sha256: createHash('sha256').update(bytes).digest('hex') });
    return this.versions.length;
  }

  /** As when the server dies. */
  cutConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cutConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const sent: SentRequest = { method: request.method ?? '', path: request.url ?? '', complete: false };
    this.requests.push(sent);
    request.once('close', () => {
      sent.complete = request.complete;
    });
    response.on('error', () => undefined);
    if (request.headers.authorization !== `Bearer ${this.token}`) {
      return json(response, 401, { code: 401, data: {}, message: 'incorrect Username or Password', status: false });
    }
    if (this.intervene(request, response)) return;
    const path = sent.path.replace(/^\/api\/(alpha|stable)\/repository\/collection\/(iwa-ait|other)/, '');
    if (path === '/version' && sent.method === 'GET') {
      const versions = this.versions.map(({ bytes }, index) => ({ versionNumber: index + 1, filesize: bytes.length }));
      return json(response, 200, { data: { versions }, status: true });
    }
    if (path === '/version' && sent.method === 'POST') return await this.#plainUpload(request, response);
    if (path.startsWith('/version/') && sent.method === 'GET') return this.#download(path.slice(9), request, response);
    if (this.#kind === 'new' && path.startsWith('/uploads')) return await this.#uploadCall(path, request, response);
    response.writeHead(404, { 'Content-Type': 'text/plain' }).end('404 page not found');
  }

  async #plainUpload(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    const whole = await readBody(request, (part) => parts.push(part));
    if (!whole) return;
    const bytes = Buffer.concat(parts);
    if (!bytes.includes('-----BEGIN PGP MESSAGE')) {
      return refuse(response, 500, 'first chunk of uploaded data does not contain a valid GPG header');
    }
    const versionNumber = this.store(bytes);
    json(response, 200, { data: { version: { versionNumber, filesize: bytes.length } }, status: true });
  }

  #download(name: string, request: IncomingMessage, response: ServerResponse): void {
    const number = name === 'latest' ? this.versions.length : Number(name.replace(/^v/, ''));
    const stored = this.versions[number - 1];
    if (!stored) {
      refuse(response, 404, 'cannot find specified version');
      return;
    }
    const headers: Record<string, string> = { 'Content-Type': 'application/octet-stream' };
    let from = 0;
    if (this.#kind === 'new') {
      headers['X-Version'] = String(number);
      if (this.damaged.has(number)) {
        this.#refuseDamaged(number, response);
        return;
      }
      headers['ETag'] = `"${stored.sha256}"`;
      const wanted = request.headers['if-match'];
      if (wanted !== undefined && wanted !== headers['ETag']) {
        refuse(response, 412, 'the version is another one');
        return;
      }
      headers['Repr-Digest'] = `sha-256=:${Buffer.from(stored.sha256, 'hex').toString('base64')}:`;
      from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    }
    const body = stored.bytes.subarray(from);
    headers['Content-Length'] = String(body.length);
    if (from > 0) headers['Content-Range'] = `bytes ${from}-${stored.bytes.length - 1}/${stored.bytes.length}`;
    const [cut, ...later] = this.cutDownloadAfter;
    this.cutDownloadAfter = later;
    response.writeHead(from > 0 ? 206 : 200, headers);
    if (cut === undefined) response.end(body);
    else response.write(body.subarray(0, cut), () => response.destroy());
  }

  #refuseDamaged(number: number, response: ServerResponse): void {
    const good = this.versions.findLastIndex((_, index) => !this.damaged.has(index + 1)) + 1;
    const other = good === 0 ? 'there is no good one' : `the newest good one is ${good}`;
    response.setHeader('X-Version', String(number));
    refuse(
      response,
      409,
      `version ${number} is known to be bad: its bytes differ; ${other}. To get what is left of it, add ?bad=true`,
    );
  }

  async #uploadCall(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, , idOrKey, verb] = path.split('/');
    const upload = this.uploads.find(({ id, key }) => id === idOrKey || key === idOrKey);
    if (idOrKey === undefined) return await this.#create(request, response);
    if (!upload) return refuse(response, 404, 'cannot find specified upload');
    if (request.method === 'PATCH') return await this.#append(upload, request, response);
    if (verb === 'finalise') return await this.#finalise(upload, request, response);
    if (request.method === 'DELETE' && upload.state === 'open') upload.state = 'aborted';
    this.#describe(upload, response);
  }

  async #create(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    await readBody(request, (part) => parts.push(part));
    const { key } = JSON.parse(Buffer.concat(parts).toString()) as { key: string };
    const upload: Upload = { id: `u${this.uploads.length}`, key, state: 'open', parts: [], offset: 0 };
    this.uploads.push(upload);
    this.#describe(upload, response, 201);
  }

  async #append(upload: Upload, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (Number(request.headers['upload-offset']) !== upload.offset) return this.#describe(upload, response, 409);
    let left = this.cutUploadAfter.shift() ?? Number.POSITIVE_INFINITY;
    const whole = await readBody(request, (part) => {
      const kept = Buffer.from(part.subarray(0, left));
      left -= kept.length;
      upload.parts.push(kept);
      upload.offset += kept.length;
      if (left === 0) request.destroy();
    });
    if (whole) this.#describe(upload, response);
  }

  async #finalise(upload: Upload, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    await readBody(request, (part) => parts.push(part));
    const asked = JSON.parse(Buffer.concat(parts).toString()) as { sha256: string; size: number };
    const bytes = Buffer.concat(upload.parts);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    if (asked.sha256 !== sha256 || asked.size !== bytes.length) {
      upload.state = 'aborted';
      return refuse(response, 422, 'the digest differs');
    }
    this.commit(upload);
    json(response, 200, { data: { version: { versionNumber: upload.version, sha256 } }, status: true });
  }

  commit(upload: Upload): void {
    if (upload.state !== 'open') return;
    upload.version = this.store(Buffer.concat(upload.parts));
    upload.state = 'committed';
  }

  #describe(upload: Upload, response: ServerResponse, status = 200): void {
    const { id, key, state, offset, version, reason } = upload;
    const described = { id, key, state, offset, reason, ...(version ? { version: { versionNumber: version } } : {}) };
    json(response, status, { data: { upload: described }, status: true });
  }
}
