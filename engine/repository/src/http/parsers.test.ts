import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRange } from '../features/byte-range.ts';
import { MultipartError, multipartBoundary, multipartFile } from './multipart.ts';
import { createRouter } from './router.ts';

async function* pieces(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (const size of sizes) {
    yield bytes.subarray(at, at + size);
    at += size;
  }
  yield bytes.subarray(at);
}

const read = async (bytes: Buffer, sizes: readonly number[] = []): Promise<Buffer> => {
  const parts: Uint8Array[] = [];
  for await (const chunk of multipartFile(pieces(bytes, sizes), 'b-1')) {
    parts.push(Buffer.from(chunk));
  }
  return Buffer.concat(parts);
};

const form = (content: Uint8Array, name = 'file'): Buffer =>
  Buffer.concat([
    Buffer.from('--b-1\r\nContent-Disposition: form-data; name="other"\r\n\r\nvalue\r\n'),
    Buffer.from(`--b-1\r\ncontent-disposition: form-data; name="${name}"; filename="x"\r\nX: y\r\n\r\n`),
    content,
    Buffer.from('\r\n--b-1--\r\n'),
  ]);

describe('multipartFile', () => {
  it('gives the file, however the body is cut', async () => {
    const content = fc.array(fc.constantFrom('\r\n', '--b-1', '-', 'x', '\r', '\r\n--b-', '\0'), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(content, fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 60 }), async (texts, sizes) => {
        const file = Buffer.from(texts.join(''));
        fc.pre(!file.includes('\r\n--b-1') && !file.subarray(0, 5).equals(Buffer.from('--b-1')));
        expect((await read(form(file), sizes)).equals(file)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('takes no body that is cut short for a whole one', async () => {
    const whole = form(Buffer.from('content'));
    const closing = whole.length - 2;
    for (let length = 0; length < closing; length += 1) {
      await expect(read(whole.subarray(0, length)), String(length)).rejects.toBeInstanceOf(MultipartError);
    }
    await expect(read(form(Buffer.from('x'), 'another'))).rejects.toThrow('http: no such file');
  });

  it('survives anything', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async (bytes) => {
        await expect(read(Buffer.from(bytes))).rejects.toBeInstanceOf(MultipartError);
      }),
      { numRuns: 300 },
    );
  });

  it('reads boundaries', () => {
    expect(multipartBoundary('multipart/form-data; boundary=abc')).toBe('abc');
    expect(multipartBoundary('multipart/form-data; charset=x; Boundary="a b;c"')).toBe('a b;c');
    expect(multipartBoundary('multipart/form-data')).toBeUndefined();
    expect(multipartBoundary(`multipart/form-data; boundary=${'x'.repeat(71)}`)).toBeUndefined();
  });
});

describe('createRouter', () => {
  const route = createRouter([
    { method: 'GET', path: '/a/:id' },
    { method: 'GET', path: '/a/:id/b' },
  ]);

  it('gives decoded parameters', () => {
    expect(route('GET', '/a/x%20y')?.params).toEqual({ id: 'x y' });
    expect(route('GET', '/a/x/b')?.route.path).toBe('/a/:id/b');
  });

  it('normalises nothing', () => {
    for (const path of ['/a', '/a/', '//a/x', '/a//b', '/A/x', '/a/x/', '/a/%', '/a/%ff', '/a/../a/x', 'a/x', '']) {
      expect(route('GET', path), path).toBeUndefined();
    }
    expect(route('POST', '/a/x')).toBeUndefined();
    expect(route('GET', '/a/%2e%2e')?.params).toEqual({ id: '..' });
    fc.assert(
      fc.property(fc.string(), fc.webPath(), (method, path) => void [route(method, path), route('GET', path)]),
      { numRuns: 2000 },
    );
  });
});

describe('parseRange', () => {
  it('stays within the size, for any header', () => {
    const header = fc.oneof(
      fc.string(),
      fc.tuple(fc.nat({ max: 50 }), fc.nat({ max: 50 })).map(([a, b]) => `bytes=${a}-${b}`),
      fc.nat({ max: 50 }).map((n) => `bytes=-${n}`),
    );
    fc.assert(
      fc.property(header, fc.nat({ max: 40 }), (text, size) => {
        const range = parseRange(text, size);
        if (range !== undefined && range !== 'unsatisfiable') {
          expect(range.start).toBeGreaterThanOrEqual(0);
          expect(range.end).toBeGreaterThanOrEqual(range.start);
          expect(range.end).toBeLessThan(size);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
