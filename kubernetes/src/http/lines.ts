import { KubeError } from '../kube-client.ts';

const newline = 0x0a;

/** Objects of a cluster stay below 2 MiB; a longer line is not a watch event. */
export const maxLineBytes = 16 * 1024 * 1024;

/** Splits a byte stream into its lines, whatever the chunks. The last line may lack its newline. Empty lines are left out. */
export async function* readLines(chunks: AsyncIterable<Uint8Array>, limit = maxLineBytes): AsyncGenerator<string> {
  let pending: Uint8Array[] = [];
  let size = 0;
  const take = (chunk: Uint8Array): void => {
    size += chunk.length;
    if (size > limit) {
      throw new KubeError(0, `The API server sent a line of more than ${limit} bytes.`, { reason: 'BadResponse' });
    }
    pending.push(chunk);
  };
  const flush = (): string => {
    const line = Buffer.concat(pending).toString('utf8');
    pending = [];
    size = 0;
    return line;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      take(chunk.subarray(start, end));
      start = end + 1;
      const line = flush();
      if (line !== '') {
        yield line;
      }
    }
    take(chunk.subarray(start));
  }
  const rest = flush();
  if (rest !== '') {
    yield rest;
  }
}
