import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';

const safeId = /^[A-Za-z0-9-]{1,64}$/;

/** Logs of finished jobs: one gzip file each, complete or absent. */
export class LogArchive {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Writes the log of a job; a second one replaces the first. */
  async write(id: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const partial = `${this.#file(id)}.partial`;
    await pipeline(chunks, createGzip({ level: 6 }), createWriteStream(partial, { mode: 0o600 }));
    const file = await open(partial, 'r+');
    await file.sync().finally(() => file.close());
    await rename(partial, this.#file(id));
  }

  async has(id: string): Promise<boolean> {
    return stat(this.#file(id)).then(
      () => true,
      () => false,
    );
  }

  /** The bytes as they were written. */
  read(id: string): AsyncIterable<Buffer> {
    const source = createReadStream(this.#file(id));
    const gunzip = createGunzip();
    source.once('error', (error) => gunzip.destroy(error));
    gunzip.once('close', () => source.destroy());
    return source.pipe(gunzip);
  }

  async remove(id: string): Promise<void> {
    await rm(this.#file(id), { force: true });
  }

  #file(id: string): string {
    if (!safeId.test(id)) throw new Error('Not the id of a job.');
    return join(this.#folder, `${id}.log.gz`);
  }
}
