import { randomBytes } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { gather } from './gather.ts';
import { giveBack } from './lent-memory.ts';

const collect = async (source: Readable): Promise<{ data: Buffer; pieces: number }> => {
  const parts: Buffer[] = [];
  for await (const piece of gather(source)) {
    parts.push(Buffer.from(piece));
    giveBack(piece);
  }
  return { data: Buffer.concat(parts), pieces: parts.length };
};

describe('gather', () => {
  it.each([
    ['nothing', []],
    ['small pieces', Array.from({ length: 3000 }, (_, index) => index % 700)],
    ['large pieces', [65_536, 1, 262_144, 262_143, 3_000_000, 5]],
  ])('passes %s on, in few pieces', async (_, lengths) => {
    const chunks = lengths.filter((length) => length > 0).map((length) => randomBytes(length));
    const whole = Buffer.concat(chunks);
    const { data, pieces } = await collect(Readable.from(chunks, { objectMode: false }));
    expect(data.equals(whole)).toBe(true);
    expect(pieces).toBeLessThanOrEqual(Math.max(20, whole.length / 50_000));
  });

  it('gives what there is while more is awaited', async () => {
    const source = new PassThrough();
    const pieces = gather(source);
    for (const text of ['a', 'bc']) {
      source.write(text);
      expect((await pieces.next()).value?.toString()).toBe(text);
    }
    source.end();
    expect((await pieces.next()).done).toBe(true);
  });

  it('gives what came before an error, and then the error', async () => {
    const source = new PassThrough();
    const pieces = gather(source);
    source.write('good');
    expect((await pieces.next()).value?.toString()).toBe('good');
    source.destroy(new Error('broken'));
    await expect(pieces.next()).rejects.toThrow('broken');
  });

  it('takes a stream that is closed without an end for broken, also when that was before', async () => {
    const source = new PassThrough();
    const pending = gather(source).next();
    source.destroy();
    await expect(pending).rejects.toThrow('closed before its end');
    await expect(gather(source).next()).rejects.toThrow('closed before its end');
  });

  it('stops reading while nobody takes anything, and destroys what is not read to its end', async () => {
    let made = 0;
    const source = new Readable({
      highWaterMark: 65_536,
      read() {
        made += 65_536;
        this.push(Buffer.alloc(65_536));
      },
    });
    const pieces = gather(source);
    await pieces.next();
    for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(made).toBeLessThan(3_000_000);
    await pieces.return(undefined);
    expect(source.destroyed).toBe(true);
  });
});
