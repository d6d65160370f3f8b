import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readLines } from './lines.ts';

const collect = async (chunks: Uint8Array[], limit?: number): Promise<string[]> => {
  async function* source() {
    yield* chunks;
  }
  const lines: string[] = [];
  for await (const line of readLines(source(), limit)) {
    lines.push(line);
  }
  return lines;
};

const cutAt = (bytes: Uint8Array, cuts: number[]): Uint8Array[] => {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((place, index) => bytes.subarray(places[index], place));
};

it('gives the same lines wherever the bytes are cut', async () => {
  const text = fc.string({ unit: 'grapheme' }).filter((line) => line !== '' && !line.includes('\n'));
  await fc.assert(
    fc.asyncProperty(fc.array(text), fc.array(fc.nat()), fc.boolean(), async (lines, cuts, ended) => {
      const bytes = new TextEncoder().encode(lines.join('\n') + (ended ? '\n' : ''));
      expect(await collect(cutAt(bytes, cuts))).toEqual(lines);
    }),
  );
});

it('refuses a line that is longer than the limit, also without a newline', async () => {
  await expect(collect([Buffer.from('abcdef')], 5)).rejects.toMatchObject({ reason: 'BadResponse' });
  expect(await collect([Buffer.from('abcde\nabcde\n')], 5)).toEqual(['abcde', 'abcde']);
});
