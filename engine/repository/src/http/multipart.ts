/** A multipart body that cannot be read as one. */
export class MultipartError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MultipartError';
  }
}

const maxHeaderBytes = 16 * 1024;
const headerEnd = Buffer.from('\r\n\r\n');

/** The boundary of a `multipart/form-data` content type. */
export const multipartBoundary = (contentType: string): string | undefined => {
  const match = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))\s*(?:;|$)/i.exec(contentType);
  return match?.[1] ?? match?.[2];
};

const isFilePart = (header: string): boolean =>
  /^content-disposition:[^\r\n]*;\s*name="?file"?\s*(;|\r|$)/im.test(header);

/** Reads a stream up to texts, holding back no more than one chunk and a text's length. */
class Scanner {
  readonly #source: AsyncIterator<Uint8Array>;
  #buffer: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Everything before the text, which is consumed as well. */
  async *upTo(text: Buffer): AsyncGenerator<Buffer> {
    for (;;) {
      const at = this.#buffer.indexOf(text);
      if (at !== -1) {
        const before = this.#buffer.subarray(0, at);
        this.#buffer = this.#buffer.subarray(at + text.length);
        yield before;
        return;
      }
      const safe = Math.max(0, this.#buffer.length - text.length + 1);
      const before = this.#buffer.subarray(0, safe);
      this.#buffer = this.#buffer.subarray(safe);
      yield before;
      await this.#fill();
    }
  }

  async take(length: number): Promise<string> {
    while (this.#buffer.length < length) {
      await this.#fill();
    }
    const taken = this.#buffer.subarray(0, length).toString('latin1');
    this.#buffer = this.#buffer.subarray(length);
    return taken;
  }

  async drain(): Promise<void> {
    for (let next = await this.#source.next(); !next.done; next = await this.#source.next()) {
      this.#buffer = Buffer.alloc(0);
    }
  }

  async #fill(): Promise<void> {
    const next = await this.#source.next();
    if (next.done) {
      throw new MultipartError('multipart: NextPart: EOF');
    }
    const chunk = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
  }
}

const collect = async (source: AsyncIterable<Buffer>): Promise<string> => {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of source) {
    parts.push(part);
    length += part.length;
    if (length > maxHeaderBytes) {
      throw new MultipartError('multipart: the header of a part is too long');
    }
  }
  return Buffer.concat(parts).toString('utf8');
};

/** Moves behind the delimiter line. False: it was the last one. */
const nextPart = async (scanner: Scanner): Promise<boolean> => {
  const after = await scanner.take(2);
  if (after !== '\r\n' && after !== '--') {
    throw new MultipartError('multipart: malformed boundary');
  }
  return after === '\r\n';
};

/** The content of the part named `file`, streamed; ends cleanly only after the closing boundary and the end of the body. */
export async function* multipartFile(source: AsyncIterable<Uint8Array>, boundary: string): AsyncGenerator<Uint8Array> {
  const scanner = new Scanner(source);
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  for await (const preamble of scanner.upTo(delimiter.subarray(2))) {
    if (preamble.length > maxHeaderBytes) {
      throw new MultipartError('multipart: no boundary found');
    }
  }
  let found = false;
  while (await nextPart(scanner)) {
    const header = await collect(scanner.upTo(headerEnd));
    const wanted: boolean = !found && isFilePart(header);
    found ||= wanted;
    for await (const chunk of scanner.upTo(delimiter)) {
      if (wanted && chunk.length > 0) {
        yield chunk;
      }
    }
  }
  await scanner.drain();
  if (!found) {
    throw new MultipartError('http: no such file');
  }
}
