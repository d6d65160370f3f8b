import { type FileHandle, open } from 'node:fs/promises';
import { entryTimeLength, segmentPath, segmentsOf } from './log-files.ts';

export interface LogPosition {
  segment: number;
  offset: number;
}

const blockBytes = 64 * 1024;
const newLine = 0x0a;

const withSegment = async <T>(folder: string, segment: number, use: (file: FileHandle, size: number) => Promise<T>) => {
  let file: FileHandle;
  try {
    file = await open(segmentPath(folder, segment), 'r');
  } catch {
    // Rotated away meanwhile.
    return undefined;
  }
  try {
    return await use(file, (await file.stat()).size);
  } finally {
    await file.close();
  }
};

/** The offset behind the `count`-th last line end before the last one, or how many lines the file lacks for that. */
const backwards = async (
  file: FileHandle,
  size: number,
  count: number,
): Promise<{ offset: number } | { lacks: number }> => {
  const block = Buffer.alloc(blockBytes);
  // The line end at the very end belongs to the last line.
  let left = count;
  for (let end = size - 1; end > 0; ) {
    const start = Math.max(0, end - blockBytes);
    const { bytesRead } = await file.read(block, 0, end - start, start);
    for (
      let at = block.lastIndexOf(newLine, bytesRead - 1);
      at >= 0;
      at = at === 0 ? -1 : block.lastIndexOf(newLine, at - 1)
    ) {
      left -= 1;
      if (left === 0) {
        return { offset: start + at + 1 };
      }
    }
    end = start;
  }
  return { lacks: size > 0 ? left - 1 : left };
};

/** Where the last `count` lines begin; reads only them. */
export const seekTail = async (folder: string, count: number): Promise<LogPosition | undefined> => {
  const segments = segmentsOf(folder);
  let left = count;
  for (const segment of segments.toReversed()) {
    const found = await withSegment(folder, segment, (file, size) =>
      left === 0 ? Promise.resolve({ offset: size }) : backwards(file, size, left),
    );
    if (found !== undefined && 'offset' in found) {
      return { segment, offset: found.offset };
    }
    left = found === undefined ? left : found.lacks;
    if (left === 0) {
      return { segment, offset: 0 };
    }
  }
  const [first] = segments;
  return first === undefined ? undefined : { segment: first, offset: 0 };
};

/** The first line that begins at or after the offset, with its time. */
const lineAt = async (file: FileHandle, offset: number): Promise<{ offset: number; time: string } | undefined> => {
  const block = Buffer.alloc(blockBytes);
  const { bytesRead } = await file.read(block, 0, blockBytes, Math.max(0, offset - 1));
  const data = block.subarray(0, bytesRead);
  const begin = offset === 0 ? 0 : data.indexOf(newLine) + 1;
  if ((offset > 0 && begin === 0) || data.length < begin + entryTimeLength) {
    return undefined;
  }
  return {
    offset: Math.max(0, offset - 1) + begin,
    time: data.toString('latin1', begin, begin + entryTimeLength),
  };
};

/** An offset at or before the first line of that time or later. Lines are in the order of their times. */
const bisect = async (file: FileHandle, size: number, since: string): Promise<number> => {
  let [low, high] = [0, size];
  while (high - low > blockBytes) {
    const middle = Math.floor((low + high) / 2);
    const line = await lineAt(file, middle);
    if (line !== undefined && line.time < since) {
      low = line.offset;
    } else {
      high = middle;
    }
  }
  return low;
};

/** A place at or a little before the first line of `since` (see entryTime) or later. */
export const seekTime = async (folder: string, since: string): Promise<LogPosition | undefined> => {
  const segments = segmentsOf(folder);
  let position: LogPosition | undefined;
  for (const segment of segments) {
    const begins = await withSegment(folder, segment, (file) => lineAt(file, 0));
    if (position !== undefined && (begins === undefined || begins.time >= since)) {
      break;
    }
    position = { segment, offset: 0 };
  }
  const from = position;
  if (from === undefined) {
    return undefined;
  }
  const offset = await withSegment(folder, from.segment, (file, size) => bisect(file, size, since));
  return { segment: from.segment, offset: offset ?? 0 };
};
