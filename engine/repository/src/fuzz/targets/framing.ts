import fc from 'fast-check';
import { MultipartError, multipartBoundary, multipartFile } from '../../http/multipart.ts';
import { OpenPgpInspector } from '../../uploads/openpgp-inspector.ts';
import { asyncTarget, type FuzzTarget, must, syncTarget } from '../fuzz-target.ts';
import { byteArrays, pieces } from '../inputs.ts';

const cutUp = (bytes: Buffer, cuts: readonly number[]): Buffer[] => {
  const borders = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return borders.slice(1).map((border, index) => bytes.subarray(borders[index] ?? 0, border));
};

const header = '-----BEGIN PGP MESSAGE';
const footer = '-----END PGP MESSAGE';
const cuts = fc.array(fc.nat({ max: 2000 }), { maxLength: 12 });

const verdictOf = (chunks: readonly Buffer[]): string | undefined => {
  const inspector = new OpenPgpInspector();
  for (const chunk of chunks) {
    inspector.push(chunk);
  }
  return inspector.verdict();
};

/** Armour, packets, halves of both, in every segmentation. */
const framing = syncTarget({
  name: 'openpgp framing',
  family: 'FUZZ',
  weight: 3,
  inputs: fc.record({
    parts: fc.array(
      fc.oneof(
        fc.constantFrom(
          header,
          footer,
          '-----BEGIN PGP',
          ' MESSAGE',
          '-----',
          '-----END PGP ',
          '\n',
          '\u0085\u0001\u000c\u0003',
        ),
        fc.string({ unit: 'binary', maxLength: 6 }),
      ),
      { maxLength: 10 },
    ),
    flips: fc.array(fc.nat({ max: 4000 }), { maxLength: 3 }),
    cuts,
  }),
  check: ({ parts, flips, cuts: borders }) => {
    const bytes = Buffer.from(parts.join(''), 'latin1');
    for (const flip of bytes.length === 0 ? [] : flips) {
      const at = (flip >> 3) % bytes.length;
      bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (flip & 7)), at);
    }
    const whole = verdictOf([bytes]);
    must(verdictOf(cutUp(bytes, borders)) === whole, 'the verdict does not depend on chunk borders');
    must(verdictOf([...bytes].map((byte) => Buffer.of(byte))) === whole, 'nor on single bytes');
    const [first = 0] = bytes;
    const text = bytes.toString('latin1');
    const armoured = text.includes(header) && text.includes(footer);
    must(whole !== undefined || armoured || (first & 0x80) !== 0, 'nothing else passes for a message');
    must(whole === undefined || !armoured || (first & 0x80) !== 0, 'an armoured message passes');
  },
});

const read = async (chunks: readonly Buffer[], boundary: string): Promise<Buffer> => {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield* chunks;
  }
  const parts: Uint8Array[] = [];
  for await (const part of multipartFile(source(), boundary)) {
    parts.push(part);
  }
  return Buffer.concat(parts);
};

const form = (content: Buffer, boundary: string): Buffer =>
  Buffer.concat([
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="other"\r\n\r\nx\r\n`),
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a\\"b"\r\n\r\n`),
    content,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);

const wellFormed = asyncTarget({
  name: 'multipart, whole',
  family: 'FUZZ',
  weight: 2,
  inputs: fc.record({ content: byteArrays(200), cuts }),
  open: async () => ({
    check: async ({ content, cuts: borders }) => {
      const bytes = Buffer.from(content);
      const given = await read(cutUp(form(bytes, 'line'), borders), 'line');
      must(given.equals(bytes), 'the file comes out as it went in');
    },
    close: async () => undefined,
  }),
});

const mutated = asyncTarget({
  name: 'multipart, mutated',
  family: 'FUZZ',
  weight: 2,
  inputs: fc.record({
    content: byteArrays(60),
    from: fc.nat({ max: 300 }),
    length: fc.nat({ max: 300 }),
    extra: byteArrays(20),
    cuts,
  }),
  open: async () => ({
    check: async ({ content, from, length, extra, cuts: borders }) => {
      const whole = form(Buffer.from(content), 'line');
      const bytes = Buffer.concat([whole.subarray(0, from), Buffer.from(extra), whole.subarray(from + length)]);
      const outcome = await read(cutUp(bytes, borders), 'line').catch((error: unknown) => error);
      must(outcome instanceof Buffer || outcome instanceof MultipartError, 'it is read or refused');
      must(outcome instanceof MultipartError || bytes.includes('\r\n--line--'), 'without its end it is refused');
    },
    close: async () => undefined,
  }),
});

const boundaries = syncTarget({
  name: 'multipart boundaries',
  family: 'FUZZ',
  weight: 2,
  inputs: pieces('multipart/form-data', ';', ' boundary=', '"', 'line', '=', 'charset=utf-8'),
  check: (contentType) => {
    const boundary = multipartBoundary(contentType);
    must(boundary === undefined || (boundary.length > 0 && boundary.length <= 70), 'a boundary has 1 to 70 characters');
  },
});

export const framingTargets: readonly FuzzTarget[] = [framing, wellFormed, mutated, boundaries];
