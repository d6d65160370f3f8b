import fs from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import process from 'node:process';

/*
 * Loaded into the repository before its own code (`node --import`): notes which bytes and names a power cut would take, one
 * JSON object a line, in the file that BACKSTAY_WRITE_JOURNAL names. The journal outlives kill -9, as the page cache does.
 */
const journal = fs.openSync(process.env['BACKSTAY_WRITE_JOURNAL'] ?? '', 'a');
const note = (entry: object): void => {
  fs.writeSync(journal, `${JSON.stringify(entry)}\n`);
};

const inodes = new WeakMap<FileHandle, number>();
const { open, link, rename } = fs.promises;

const patch = (handle: FileHandle): void => {
  const prototype = Object.getPrototypeOf(handle) as FileHandle;
  const { write, sync, datasync } = prototype;
  const after = <T>(entry: 'written' | 'synced', work: (...args: never[]) => Promise<T>) =>
    async function (this: FileHandle, ...args: never[]): Promise<T> {
      // What is being written when the power goes may be lost, so it is noted before; a sync counts only once it is done.
      if (entry === 'written') note({ [entry]: inodes.get(this) });
      const result = await work.apply(this, args);
      if (entry === 'synced') note({ [entry]: inodes.get(this) });
      return result;
    };
  Object.assign(prototype, {
    write: after('written', write as never),
    sync: after('synced', sync as never),
    datasync: after('synced', datasync as never),
  });
};

let patched = false;
const named = (work: typeof link) => async (from: fs.PathLike, to: fs.PathLike) => {
  await work(from, to);
  note({ named: String(to), folder: fs.statSync(path.dirname(String(to))).ino });
};

Object.assign(fs.promises, {
  open: async (...args: Parameters<typeof open>) => {
    const handle = await open(...args);
    inodes.set(handle, (await handle.stat()).ino);
    if (!patched) patch(handle);
    patched = true;
    return handle;
  },
  link: named(link),
  rename: named(rename),
});
syncBuiltinESMExports();
