import { foldJobLog, type JobLogSummary } from '@backstay/shared';

const newline = 10;
const longestLine = 16_384;
const keptLines = 20;
const shownLine = 2_000;

/** Reads a stamped log as it passes: what the client said, and the last lines. Holds one line of bounded length. */
export class LogReader {
  summary: JobLogSummary = {};
  readonly lastLines: string[] = [];
  #line: Buffer[] = [];
  #length = 0;

  write(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let from = 0;
    for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, from)) {
      this.#push(bytes.subarray(from, end));
      this.#endLine();
      from = end + 1;
    }
    this.#push(bytes.subarray(from));
  }

  #push(part: Buffer): void {
    const room = longestLine - this.#length;
    if (room <= 0 || part.length === 0) return;
    const taken = Buffer.from(part.subarray(0, room));
    this.#line.push(taken);
    this.#length += taken.length;
  }

  #endLine(): void {
    const whole = Buffer.concat(this.#line).toString('utf8');
    this.#line = [];
    this.#length = 0;
    const text = whole.slice(whole.indexOf(' ') + 1);
    this.summary = foldJobLog(this.summary, text);
    this.lastLines.push(text.slice(0, shownLine));
    if (this.lastLines.length > keptLines) this.lastLines.shift();
  }
}

/** Passes the bytes on and reads them on the way. */
export async function* readAlong(chunks: AsyncIterable<Buffer>, reader: LogReader): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    reader.write(chunk);
    yield chunk;
  }
}
