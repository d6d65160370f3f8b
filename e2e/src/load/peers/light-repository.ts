import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

/*
 * As much of the repository's API as `backup-maker` needs, without what costs a real one its time: bytes are not hashed, nothing is
 * synced. A collection is a file beside the one of the server; the one with the name `discard` keeps nothing.
 */
interface Upload {
  readonly collection: string;
  readonly file: FileHandle | undefined;
  offset: number;
}

const answer = (response: ServerResponse, data: object): void => {
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify({ status: true, data }));
};

const append = async (upload: Upload, incoming: IncomingMessage): Promise<void> => {
  for await (const piece of incoming as AsyncIterable<Buffer>) {
    await upload.file?.write(piece);
    upload.offset += piece.length;
  }
};

const paths = /^\/api\/(?:alpha|stable)\/repository\/collection\/(\w+)\/(uploads|version)(?:\/(\w+))?(?:\/\w+)?$/;

export class LightRepository {
  readonly #file: string;
  readonly #uploads: Upload[] = [];
  readonly #digests = new Map<string, string>();

  constructor(file: string) {
    this.#file = file;
  }

  /** False when the request is not for the API of a repository. */
  async handle(incoming: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const [, collection, kind, name] = paths.exec(incoming.url ?? '') ?? [];
    if (collection === undefined) return false;
    if (kind === 'version' && name === undefined) answer(response, { versions: [] });
    else if (kind === 'version') await this.#send(collection, response);
    else if (name === undefined) await this.#create(collection, incoming, response);
    else if (incoming.method === 'PATCH') await this.#append(Number(name), incoming, response);
    else await this.#commit(Number(name), incoming, response);
    return true;
  }

  async #create(collection: string, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { key } = JSON.parse(await text(incoming)) as { key: string };
    const file = collection === 'discard' ? undefined : await open(`${this.#file}-${collection}`, 'w');
    const id = String(this.#uploads.push({ collection, file, offset: 0 }) - 1);
    answer(response, { upload: { id, key, state: 'open', offset: 0 } });
  }

  async #append(id: number, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const upload = this.#upload(id);
    await append(upload, incoming);
    answer(response, { upload: { id: String(id), state: 'open', offset: upload.offset } });
  }

  async #commit(id: number, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const upload = this.#upload(id);
    const { sha256 } = JSON.parse(await text(incoming)) as { sha256: string };
    await upload.file?.close();
    this.#digests.set(upload.collection, sha256);
    answer(response, { version: { versionNumber: id + 1, sha256 } });
  }

  async #send(collection: string, response: ServerResponse): Promise<void> {
    const file = await open(`${this.#file}-${collection}`);
    const sha256 = this.#digests.get(collection) ?? '';
    const digest = Buffer.from(sha256, 'hex').toString('base64');
    response.writeHead(200, {
      ETag: `"${sha256}"`,
      'Repr-Digest': `sha-256=:${digest}:`,
      'Content-Length': (await file.stat()).size,
    });
    for await (const piece of createReadStream('', { fd: file, highWaterMark: 1 << 20 })) {
      if (!response.write(piece)) await new Promise((resolve) => response.once('drain', resolve));
    }
    response.end();
  }

  #upload(id: number): Upload {
    const upload = this.#uploads[id];
    if (!upload) throw new Error(`there is no upload ${id}`);
    return upload;
  }
}
