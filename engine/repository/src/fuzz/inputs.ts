import fc from 'fast-check';

/** Pieces of text that parsers, paths, headers and terminals stumble over. */
export const nasty = [
  ...['..', '../', '/..', './', '//', '\\', '..\\', '%2e%2e', '%2f', '%5c', '%00', '%', '%zz', '%c0%ae', '.', '/'],
  ...[
    '\0',
    '\r',
    '\n',
    '\r\n',
    '\r\n\r\n',
    '\t',
    '\u001b[31m',
    '\u009b',
    '\u202e',
    '\u2028',
    '\u2066',
    '\ufeff',
    '\ud800',
  ],
  ...['"', "'", '`', '$', '${version}', '$(x)', ';', '&', '|', '<', '>', '*', '?', '#', '~', '!', ':', '@', ',', ' '],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'null',
    'true',
    '-1',
    '0',
    '1e309',
    '9'.repeat(30),
    'ä',
    '😀',
    'x'.repeat(300),
  ],
] as const;

/** Text made of pieces: the given ones, the nasty ones, and anything. */
export const pieces = (...own: readonly string[]): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(
        { arbitrary: fc.constantFrom(...own, 'a', '1'), weight: 5 },
        { arbitrary: fc.constantFrom(...nasty), weight: 3 },
        { arbitrary: fc.string({ unit: 'grapheme', maxLength: 4 }), weight: 1 },
        { arbitrary: fc.string({ unit: 'binary', maxLength: 3 }), weight: 1 },
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join(''));

/** Mostly short, now and then as long as names get in attacks. */
export const names: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: pieces('shop', 'shop-db', '-', '1', '.gz', '$nightly'), weight: 30 },
  {
    arbitrary: pieces().map((text) => (text === '' ? 'x' : text).repeat(10_000 / Math.max(1, text.length))),
    weight: 1,
  },
);

/** Bytes as an array of numbers, which a corpus can keep. */
export const byteArrays = (maxLength: number): fc.Arbitrary<number[]> =>
  fc.uint8Array({ maxLength }).map((bytes) => [...bytes]);
