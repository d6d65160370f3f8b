import { randomBytes } from 'node:crypto';
import { link, mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';

const syncFolder = async (folder: string): Promise<void> => {
  await using handle = await open(folder, 'r');
  await handle.sync();
};

const writeTemporary = async (file: string, text: string): Promise<string> => {
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${randomBytes(6).toString('hex')}.tmp`);
  await using handle = await open(temporary, 'wx', 0o600);
  await handle.writeFile(text);
  await handle.sync();
  return temporary;
};

/** The whole text or nothing, on the disk when it resolves. With `create` it rejects with EEXIST when there is a file. */
export const writeFileAtomically = async (file: string, text: string, options: { create: boolean }): Promise<void> => {
  const folder = path.dirname(file);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const temporary = await writeTemporary(file, text);
  try {
    await (options.create ? link(temporary, file) : rename(temporary, file));
    await syncFolder(folder);
  } finally {
    await rm(temporary, { force: true });
  }
};

export const removeFileDurably = async (file: string): Promise<void> => {
  await rm(file);
  await syncFolder(path.dirname(file));
};
