import fs from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import process from 'node:process';

/*
 * Loaded into the repository before its own code: while the file that BACKSTAY_FAIL_SYNC names exists, every fsync fails
 * as a broken disk makes it fail.
 */
const control = process.env['BACKSTAY_FAIL_SYNC'] ?? '';
const handle = await fs.promises.open(import.meta.filename, 'r');
const prototype = Object.getPrototypeOf(handle) as FileHandle;
await handle.close();

const { sync } = prototype;
Object.assign(prototype, {
  async sync(this: FileHandle): Promise<void> {
    if (fs.existsSync(control)) {
      throw Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO', errno: -5, syscall: 'fsync' });
    }
    await sync.call(this);
  },
});
