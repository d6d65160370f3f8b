import { describe, expect, it } from 'vitest';
import { readAhead } from './read-ahead.ts';

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

class Source {
  made = 0;
  ended = false;

  async *pieces(count: number, error?: Error): AsyncGenerator<Buffer> {
    try {
      for (; this.made < count; this.made++) yield await Promise.resolve(Buffer.alloc(100, this.made));
      if (error) throw error;
    } finally {
      this.ended = true;
    }
  }
}

const firstBytes = async (source: AsyncIterable<Buffer>): Promise<number[]> => {
  const bytes: number[] = [];
  for await (const piece of source) bytes.push(piece[0] ?? -1);
  return bytes;
};

describe('reading ahead', () => {
  it('passes everything on, in order', async () => {
    for (const limit of [1, 250, 10_000]) {
      expect(await firstBytes(readAhead(new Source().pieces(20), limit))).toEqual([...Array(20).keys()]);
    }
  });

  it('goes on while the consumer is busy, up to its limit', async () => {
    const source = new Source();
    const ahead = readAhead(source.pieces(1000), 300);
    await ahead.next();
    await turns(20);
    expect(source.made).toBeGreaterThanOrEqual(3);
    expect(source.made).toBeLessThanOrEqual(5);
    await ahead.return(undefined);
    expect(source.ended).toBe(true);
  });

  it('gives what came before an error, and then the error', async () => {
    const ahead = readAhead(new Source().pieces(2, new Error('broken')), 10_000);
    expect((await ahead.next()).done).toBe(false);
    await turns(5);
    expect((await ahead.next()).done).toBe(false);
    await expect(ahead.next()).rejects.toThrow('broken');
  });

  it('returns while the source is silent', async () => {
    async function* silent(): AsyncGenerator<Buffer> {
      yield Buffer.from('a');
      await new Promise(() => undefined);
    }
    const ahead = readAhead(silent(), 100);
    await ahead.next();
    await turns(5);
    expect((await ahead.return(undefined)).done).toBe(true);
  });
});
