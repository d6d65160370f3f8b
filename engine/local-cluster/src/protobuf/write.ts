/** One part of a message being written; nothing for a value that is absent or protobuf's default. */
export type WirePart = readonly Buffer[];

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  for (; left > 127; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
  bytes.push(left);
  return Buffer.from(bytes);
}

const withLength = (field: number, content: Buffer): WirePart => [
  varint(field * 8 + 2),
  varint(content.length),
  content,
];

export const text = (field: number, value: unknown): WirePart =>
  typeof value === 'string' && value !== '' ? withLength(field, Buffer.from(value)) : [];

export const truth = (field: number, value: unknown): WirePart =>
  value === true ? [varint(field * 8), Buffer.of(1)] : [];

/** A message within a message; also one without content says that it is there. */
export const message = (field: number, ...parts: readonly WirePart[]): WirePart =>
  withLength(field, Buffer.concat(parts.flat()));

/** The same for each of many. */
export const repeated = <T>(values: readonly T[], write: (value: T) => WirePart): WirePart => values.flatMap(write);
