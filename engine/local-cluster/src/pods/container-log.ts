import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { entryTime, keptSegments, longestPart, segmentBytes, segmentPath, segmentsOf } from './log-files.ts';

export type OutputStream = 'stdout' | 'stderr';

const newLine = 0x0a;
const lineEnd = Buffer.from('\n');
const lostNote = Buffer.from('(Output is missing here: the disk could not take it.)');

/** Keeps what one run of a container writes, and tells those who follow it. */
export class ContainerLog {
  readonly folder: string;
  /** Changes with every addition. */
  version = 0;
  ended = false;
  readonly #waiting = new Set<() => void>();
  readonly #limits: { segmentBytes: number; keptSegments: number };
  #segment = 0;
  #size = 0;
  #file: FileHandle | undefined;
  #lastMillisecond = 0;
  #sequence = 0;
  #lost = false;
  #writing: Promise<void> = Promise.resolve();

  constructor(folder: string, limits = { segmentBytes, keptSegments }) {
    this.folder = folder;
    this.#limits = limits;
  }

  /** Keeps everything that the stream gives; reads no faster than the disk writes. What a full disk cannot take is lost,
   * with a line that says so: the work whose log it is goes on. */
  async keep(stream: OutputStream, output: Readable): Promise<void> {
    let rest: Buffer = Buffer.alloc(0);
    for await (const chunk of output) {
      const { entries, left } = this.#entriesOf(stream, rest.length === 0 ? chunk : Buffer.concat([rest, chunk]));
      rest = left;
      await this.#append(entries);
    }
    if (rest.length > 0) {
      await this.#append(this.#entry(stream, 'P', rest));
    }
  }

  /** Nothing is added after it. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#file?.close();
    this.#file = undefined;
    this.ended = true;
    this.#tell();
  }

  /** Settles at the next addition or at the end. */
  changed(signal: AbortSignal): Promise<void> {
    return new Promise((settled) => {
      const done = (): void => {
        this.#waiting.delete(done);
        signal.removeEventListener('abort', done);
        settled();
      };
      if (this.ended || signal.aborted) {
        settled();
        return;
      }
      this.#waiting.add(done);
      signal.addEventListener('abort', done);
    });
  }

  #tell(): void {
    this.version += 1;
    for (const done of [...this.#waiting]) {
      done();
    }
  }

  #entry(stream: OutputStream, tag: 'F' | 'P', bytes: Buffer): Buffer[] {
    const now = Date.now();
    this.#sequence = now === this.#lastMillisecond ? Math.min(this.#sequence + 1, 999_999) : 0;
    this.#lastMillisecond = now;
    return [Buffer.from(`${entryTime(now, this.#sequence)} ${stream} ${tag} `, 'latin1'), bytes, lineEnd];
  }

  #entriesOf(stream: OutputStream, bytes: Buffer): { entries: Buffer[]; left: Buffer } {
    const entries: Buffer[] = [];
    let start = 0;
    while (start < bytes.length) {
      const end = bytes.indexOf(newLine, start);
      const whole = end >= 0 && end - start <= longestPart;
      if (!whole && bytes.length - start <= longestPart) {
        break;
      }
      const stop = whole ? end : start + longestPart;
      entries.push(...this.#entry(stream, whole ? 'F' : 'P', bytes.subarray(start, stop)));
      start = whole ? stop + 1 : stop;
    }
    return { entries, left: bytes.subarray(start) };
  }

  #append(entries: Buffer[]): Promise<void> {
    if (entries.length === 0) {
      return Promise.resolve();
    }
    const data = Buffer.concat(entries);
    // Two streams write one file, one after the other.
    this.#writing = this.#writing.then(() =>
      this.#write(data).catch(() => {
        this.#lost = true;
      }),
    );
    return this.#writing;
  }

  async #write(data: Buffer): Promise<void> {
    if (this.#file === undefined || this.#size >= this.#limits.segmentBytes) {
      await this.#nextSegment();
    }
    if (this.#lost) {
      await this.#file?.appendFile(Buffer.concat(this.#entry('stderr', 'F', lostNote)));
      this.#lost = false;
    }
    await this.#file?.appendFile(data);
    this.#size += data.length;
    this.#tell();
  }

  async #nextSegment(): Promise<void> {
    await this.#file?.close();
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    this.#segment += 1;
    this.#size = 0;
    this.#file = await open(segmentPath(this.folder, this.#segment), 'a', 0o600);
    for (const old of segmentsOf(this.folder).slice(0, -this.#limits.keptSegments)) {
      await rm(segmentPath(this.folder, old), { force: true });
    }
  }
}
