import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface ListedVersion {
  versionNumber: number;
  filesize: number;
  sha256: string;
}

export interface Usage {
  usedBytes: number;
  reservedBytes: number;
  maxTotalBytes: number;
  versions: number;
}

export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape.
  data: any;
}

/** One collection of a repository, over its real wire. */
export interface CollectionApi {
  readonly base: string;
  readonly headers: Readonly<Record<string, string>>;
  list(): Promise<ListedVersion[]>;
  usage(): Promise<Usage>;
  call(method: string, path: string, body?: object): Promise<Answer>;
  /** Appends to an open upload. */
  append(id: string, bytes: Buffer): Promise<Answer>;
  /** A plain upload; the body is streamed. */
  upload(body: Iterable<Buffer> | AsyncIterable<Buffer>): Promise<number>;
  download(version: number | 'latest'): Promise<IncomingMessage>;
}

export function collectionApi(url: string, token: string, collection: string): CollectionApi {
  const base = `${url}/api/stable/repository/collection/${collection}`;
  const headers = { authorization: `Bearer ${token}` };
  const answer = async (reply: Response): Promise<Answer> => {
    const text = await reply.text();
    const { data } = (text.startsWith('{') ? JSON.parse(text) : {}) as { data?: unknown };
    return { status: reply.status, data };
  };
  const call: CollectionApi['call'] = async (method, path, body) =>
    answer(
      await fetch(`${base}/${path}`, {
        method,
        headers: { ...headers, ...(body ? { 'content-type': 'application/json' } : {}) },
        ...(body ? { body: JSON.stringify(body) } : {}),
      }),
    );
  return {
    base,
    headers,
    call,
    list: async () => (await call('GET', 'version')).data.versions as ListedVersion[],
    usage: async () => (await call('GET', 'usage')).data.usage as Usage,
    append: async (id, bytes) =>
      answer(
        await fetch(`${base}/uploads/${id}`, {
          method: 'PATCH',
          headers: { ...headers, 'upload-offset': '0' },
          body: new Uint8Array(bytes),
        }),
      ),
    upload: async (body) => {
      const outgoing = request(`${base}/version`, { method: 'POST', headers });
      const [, [reply]] = await Promise.all([
        pipeline(Readable.from(body, { objectMode: false, highWaterMark: 1 << 20 }), outgoing),
        once(outgoing, 'response') as Promise<[IncomingMessage]>,
      ]);
      await reply.toArray();
      return reply.statusCode ?? 0;
    },
    download: async (version) => {
      const outgoing = request(`${base}/version/${version}`, { headers }).end();
      const [reply] = (await once(outgoing, 'response')) as [IncomingMessage];
      return reply;
    },
  };
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export async function digestOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of stream) hash.update(chunk);
  return hash.digest('hex');
}
