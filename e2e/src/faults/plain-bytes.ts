import { createCipheriv, createHash } from 'node:crypto';
import path from 'node:path';

/** Bytes that are the same again for the same seed, and never repeat: a dump of any size that is stored nowhere. */
export interface PlainBytes {
  readonly seed: number;
  readonly bytes: number;
}

const zeros = Buffer.alloc(1 << 20);

export function* plainBytes({ seed, bytes }: PlainBytes): Generator<Buffer> {
  const key = createHash('sha256').update(String(seed)).digest().subarray(0, 16);
  const cipher = createCipheriv('aes-128-ctr', key, Buffer.alloc(16));
  for (let left = bytes; left > 0; left -= zeros.length) {
    yield cipher.update(zeros.subarray(0, Math.min(left, zeros.length)));
  }
}

const printer = path.resolve(import.meta.dirname, 'print-plain-bytes.ts');

/** What a shell runs to write them. */
export const printing = ({ seed, bytes }: PlainBytes): string => `'${process.execPath}' '${printer}' ${seed} ${bytes}`;
