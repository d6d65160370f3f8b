import { badRequest } from '../registry/api-error.ts';

/** One field of a protobuf message: a number for varints, bytes for everything with a length. */
export interface WireField {
  number: number;
  value: bigint | Buffer | number;
}

const broken = () => badRequest('the protobuf body is broken');

/** The fields of a message in the order in which they stand. ApiError 400. */
export function* wireFields(bytes: Buffer): Iterable<WireField> {
  const cursor = { bytes, offset: 0 };
  while (cursor.offset < bytes.length) {
    const tag = Number(varint(cursor));
    yield { number: tag >>> 3, value: readValue(cursor, tag & 7) };
  }
}

interface Cursor {
  bytes: Buffer;
  offset: number;
}

function readValue(cursor: Cursor, wireType: number): WireField['value'] {
  switch (wireType) {
    case 0:
      return BigInt.asIntN(64, varint(cursor));
    case 1:
      return take(cursor, 8).readDoubleLE();
    case 2:
      return take(cursor, Number(varint(cursor)));
    case 5:
      return take(cursor, 4).readFloatLE();
    default:
      throw broken();
  }
}

function take(cursor: Cursor, length: number): Buffer {
  const end = cursor.offset + length;
  if (end > cursor.bytes.length) throw broken();
  const part = cursor.bytes.subarray(cursor.offset, end);
  cursor.offset = end;
  return part;
}

function varint(cursor: Cursor): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = cursor.bytes[cursor.offset++];
    if (byte === undefined) throw broken();
    value |= BigInt(byte & 127) << shift;
    if (byte < 128) return value;
  }
  throw broken();
}
