import { type FileHandle, open } from 'node:fs/promises';
import type { ContainerLog } from './container-log.ts';
import { entryTime, entryTimeLength, segmentPath, segmentsOf } from './log-files.ts';
import { type LogPosition, seekTail, seekTime } from './log-seek.ts';

export interface LogQuery {
  follow: boolean;
  tailLines?: number;
  /** Milliseconds since 1970. */
  since?: number;
  limitBytes?: number;
  timestamps: boolean;
  signal: AbortSignal;
}

const blockBytes = 64 * 1024;
const newLine = 0x0a;
const space = 0x20;

/** Turns kept lines back into the bytes that were written. */
class EntryDecoder {
  readonly #timestamps: boolean;
  readonly #since: string;
  #rest: Buffer = Buffer.alloc(0);
  #atLineStart = true;

  constructor({ timestamps, since }: LogQuery) {
    this.#timestamps = timestamps;
    this.#since = since === undefined ? '' : entryTime(since);
  }

  decode(block: Buffer): Buffer {
    const data = this.#rest.length === 0 ? block : Buffer.concat([this.#rest, block]);
    const parts: Buffer[] = [];
    let start = 0;
    for (let end = data.indexOf(newLine); end >= 0; end = data.indexOf(newLine, start)) {
      this.#decodeEntry(data.subarray(start, end + 1), parts);
      start = end + 1;
    }
    this.#rest = Buffer.from(data.subarray(start));
    return Buffer.concat(parts);
  }

  #decodeEntry(entry: Buffer, parts: Buffer[]): void {
    const tagAt = entry.indexOf(space, entryTimeLength + 1) + 1;
    if (tagAt === 0 || entry.toString('latin1', 0, entryTimeLength) < this.#since) {
      return;
    }
    const whole = entry[tagAt] === 0x46;
    if (this.#timestamps && this.#atLineStart) {
      parts.push(entry.subarray(0, entryTimeLength + 1));
    }
    parts.push(entry.subarray(tagAt + 2, whole ? entry.length : entry.length - 1));
    this.#atLineStart = whole;
  }
}

const startOf = async (folder: string, { tailLines, since }: LogQuery): Promise<LogPosition | undefined> => {
  if (tailLines !== undefined) {
    return seekTail(folder, tailLines);
  }
  if (since !== undefined) {
    return seekTime(folder, entryTime(since));
  }
  const [first] = segmentsOf(folder);
  return first === undefined ? undefined : { segment: first, offset: 0 };
};

const openSegment = async (folder: string, segment: number): Promise<FileHandle | undefined> => {
  try {
    return await open(segmentPath(folder, segment), 'r');
  } catch {
    return undefined;
  }
};

/** Blocks of the log from a place on, to its end; with a live log until that ends. */
async function* blocksFrom(folder: string, live: ContainerLog | undefined, query: LogQuery): AsyncGenerator<Buffer> {
  const follows = (): boolean => query.follow && live !== undefined && !live.ended;
  let position = await startOf(folder, query);
  while (!query.signal.aborted) {
    // What is added after this is noticed, however the reading below goes.
    const version = live?.version;
    const wasLive = follows();
    position ??= await startOf(folder, { ...query, tailLines: undefined });
    if (position !== undefined) {
      position = yield* readOn(folder, position, query.signal);
    }
    if (!wasLive) {
      return;
    }
    if (live?.version === version) {
      await live?.changed(query.signal);
    }
  }
}

async function* readOn(folder: string, from: LogPosition, signal: AbortSignal): AsyncGenerator<Buffer, LogPosition> {
  let { segment, offset } = from;
  while (!signal.aborted) {
    // Looked up before reading: a segment that has a successor is complete.
    const next = segmentsOf(folder).find((number) => number > segment);
    const file = await openSegment(folder, segment);
    try {
      for (;;) {
        const block = Buffer.allocUnsafe(blockBytes);
        const bytesRead = file === undefined ? 0 : (await file.read(block, 0, blockBytes, offset)).bytesRead;
        if (bytesRead === 0 || signal.aborted) {
          break;
        }
        offset += bytesRead;
        yield block.subarray(0, bytesRead);
      }
    } finally {
      await file?.close();
    }
    if (next === undefined) {
      break;
    }
    [segment, offset] = [next, 0];
  }
  return { segment, offset };
}

/** The bytes that a container wrote. Reads a block at a time, and the next one only when it is asked for. */
export async function* readLog(
  folder: string,
  live: ContainerLog | undefined,
  query: LogQuery,
): AsyncGenerator<Uint8Array> {
  const decoder = new EntryDecoder(query);
  let left = query.limitBytes ?? Number.POSITIVE_INFINITY;
  for await (const block of blocksFrom(folder, live, query)) {
    const bytes = decoder.decode(block);
    if (bytes.length > 0) {
      yield bytes.subarray(0, Math.min(left, bytes.length));
      left -= bytes.length;
    }
    if (left <= 0) {
      return;
    }
  }
}
