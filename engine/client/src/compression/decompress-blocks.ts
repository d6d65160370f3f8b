import { ByteReader, type Bytes, CorruptMessage } from '../openpgp/bytes.ts';
import { giveBack } from '../openpgp/lent-memory.ts';
import {
  type BlockHeader,
  blockHeaderLength,
  decodeBlockHeader,
  rawBlockLength,
  storedFrameStart,
} from './block-format.ts';
import { FrameDecoder } from './frame-decoder.ts';

const framesInFlight = 3;

const damaged = (what: string): CorruptMessage => new CorruptMessage(`the compressed dump is damaged: ${what}`);

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

/** As many decoders as frames are decompressed at the same time. */
class FrameUnpacker {
  readonly #decoders: FrameDecoder[] = [];
  readonly #idle: FrameDecoder[] = [];

  async unpack(frame: Buffer): Promise<Buffer[]> {
    const decoder = this.#idle.pop() ?? this.#open();
    const content = await decoder.decode(frame);
    giveBack(frame);
    this.#idle.push(decoder);
    return content;
  }

  close(): void {
    for (const decoder of this.#decoders) decoder.close();
  }

  #open(): FrameDecoder {
    const decoder = new FrameDecoder();
    this.#decoders.push(decoder);
    return decoder;
  }
}

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
  const unpacker = new FrameUnpacker();
  const flying: Promise<Buffer[]>[] = [];
  try {
    for (let header = await nextHeader(reader); header; header = await nextHeader(reader)) {
      if (header.kind === 'stored') {
        for (const ready of flying.splice(0)) yield* await ready;
        yield* storedContent(reader, header);
        continue;
      }
      const content = unpacker.unpack(await reader.copy(header.length));
      content.catch(() => undefined);
      flying.push(content);
      if (flying.length > framesInFlight) yield* (await flying.shift()) ?? [];
    }
    for (const ready of flying) yield* await ready;
  } finally {
    unpacker.close();
  }
}
