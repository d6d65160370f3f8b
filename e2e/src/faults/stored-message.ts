import { runClient } from '../harness/client-process.ts';
import { collectionApi } from '../harness/repository-api.ts';
import { type Bench, collection } from './bench.ts';

/** Stores the output of a command through the client and gives what the repository has of it. */
export async function storedMessage(
  bench: Bench,
  command: string,
  { flags = [], name = collection }: { flags?: readonly string[]; name?: string } = {},
): Promise<Buffer> {
  const environment = { ...bench.environment(), BM_COLLECTION_ID: name };
  const { exitCode, log } = await runClient(['make', '-c', command, ...flags], environment);
  if (exitCode !== 0) throw new Error(log);
  const reply = await collectionApi(bench.repository.url, bench.token, name).download('latest');
  return Buffer.concat((await reply.toArray()) as Buffer[]);
}

/** Where packets, and parts of packets, of a binary message begin and end. */
export function packetEdges(message: Buffer): number[] {
  const edges = [0];
  for (let at = 0, more = false; at < message.length; ) {
    const start: number = more ? at : at + 1;
    const first: number = message[start] ?? 0;
    more = first >= 224 && first < 255;
    const [header, length] = lengthAt(message, start, first);
    edges.push(start, start + header);
    at = start + header + length;
    edges.push(at);
  }
  return [...new Set(edges)].filter((edge) => edge < message.length);
}

function lengthAt(message: Buffer, start: number, first: number): [header: number, length: number] {
  if (first < 192) return [1, first];
  if (first < 224) return [2, ((first - 192) << 8) + (message[start + 1] ?? 0) + 192];
  if (first === 255) return [5, message.readUInt32BE(start + 1)];
  return [1, 2 ** (first & 31)];
}
