import type { LogArchive } from '../../history/log-archive.ts';
import { LineStamps } from './line-stamps.ts';

const newline = 10;

/** The archived log after an instant, or from so many lines before the end. Reads it twice for a tail, holds it never. */
export async function* readArchivedLog(
  archive: LogArchive,
  id: string,
  options: { since?: string; tail?: number },
): AsyncGenerator<Buffer> {
  let skip = options.tail === undefined ? 0 : Math.max(0, (await countLines(archive.read(id))) - options.tail);
  const stamps = new LineStamps({ since: options.since });
  for await (const chunk of archive.read(id)) {
    let rest: Buffer = chunk;
    while (skip > 0 && rest.length > 0) {
      const end = rest.indexOf(newline);
      rest = end === -1 ? Buffer.alloc(0) : rest.subarray(end + 1);
      if (end !== -1) skip -= 1;
    }
    const lines = stamps.write(rest);
    if (lines.length > 0) yield lines;
  }
}

async function countLines(chunks: AsyncIterable<Buffer>): Promise<number> {
  let count = 0;
  for await (const chunk of chunks) {
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, at + 1)) count += 1;
  }
  return count;
}
