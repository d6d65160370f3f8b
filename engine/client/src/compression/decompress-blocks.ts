import { ByteReader, type Bytes } from '../openpgp/bytes.ts';
import { giveBack } from '../openpgp/lent-memory.ts';
import {
  type BlockHeader,
  blockHeaderLength,
  damaged,
  decodeBlockHeader,
  rawBlockLength,
  storedFrameStart,
} from './block-format.ts';
import { FrameDecoder } from './frame-decoder.ts';
import { KeptContexts } from './kept-contexts.ts';

const framesInFlight = 3;

async function* storedContent(reader: ByteReader, { length }: BlockHeader): AsyncGenerator<Buffer> {
  const start = await reader.take(9);
  const content = start.readUInt32LE(5);
  if (!start.equals(storedFrameStart(content))) throw damaged('a stored frame does not begin as it should');
  let missing = content;
  for (let left = length - start.length; left > 0; ) {
    const size = rawBlockLength(await reader.take(3));
    if (size === undefined || size > missing || size + 3 > left)
      throw damaged('a stored frame is not as long as it says');
    left -= size + 3;
    missing -= size;
    yield* exactly(reader, size);
  }
  if (missing !== 0) throw damaged('a stored frame is not as long as it says');
}

async function* exactly(reader: ByteReader, length: number): AsyncGenerator<Buffer> {
  for (let missing = length; missing > 0; ) {
    const part = await reader.some(missing);
    if (!part) throw damaged('it is cut off');
    missing -= part.length;
    yield part;
  }
}

const unpack = async (decoder: FrameDecoder, frame: Buffer): Promise<Buffer[]> => {
  const content = await decoder.decode(frame);
  giveBack(frame);
  return content;
};

const nextHeader = async (reader: ByteReader): Promise<BlockHeader | undefined> => {
  const first = await reader.some(1);
  if (!first) return undefined;
  const header = decodeBlockHeader(Buffer.concat([first, await reader.take(blockHeaderLength - 1)]));
  if (!header) throw damaged('a block does not begin as it should');
  return header;
};

/** What `compressBlocks` was given. Throws `CorruptMessage` for everything that it does not write. */
export async function* decompressBlocks(source: Bytes): AsyncGenerator<Buffer> {
  const reader = new ByteReader(source);
  const decoders = new KeptContexts(() => new FrameDecoder());
  const flying: Promise<Buffer[]>[] = [];
  try {
    for (let header = await nextHeader(reader); header; header = await nextHeader(reader)) {
      if (header.kind === 'stored') {
        for (const ready of flying.splice(0)) yield* await ready;
        yield* storedContent(reader, header);
        continue;
      }
      const frame = await reader.copy(header.length);
      const content = decoders.use((decoder) => unpack(decoder, frame));
      content.catch(() => undefined);
      flying.push(content);
      if (flying.length > framesInFlight) yield* (await flying.shift()) ?? [];
    }
    for (const ready of flying) yield* await ready;
  } finally {
    decoders.close();
  }
}
