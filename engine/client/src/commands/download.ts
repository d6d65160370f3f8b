import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { jobMessages } from '@backstay/shared/rules/job-log';
import { asFailure, Failure, messageOf } from '../failure.ts';
import { Progress } from '../log/progress.ts';
import type { Bytes } from '../openpgp/bytes.ts';
import { giveBack } from '../openpgp/lent-memory.ts';
import type { DownloadSettings } from '../settings/settings.ts';
import type { CommandContext } from './context.ts';
import { openVersion } from './open-version.ts';

const saving = async <T>(work: Promise<T>): Promise<T> => {
  try {
    return await work;
  } catch (cause) {
    throw new Failure('saveFailed', messageOf(cause), { stage: 'load', cause });
  }
};

const writeAll = async (file: FileHandle, data: Bytes): Promise<void> => {
  for await (const piece of data) {
    for (let from = 0; from < piece.length; ) from += (await saving(file.write(piece, from))).bytesWritten;
    giveBack(piece);
  }
};

const syncFolder = async (path: string): Promise<void> => {
  const folder = await open(path, 'r');
  await folder.sync().finally(() => folder.close());
};

/** The file appears under its name only when it is whole and on disk; nobody else may read it. */
const saveFile = async (path: string, data: Bytes): Promise<void> => {
  const partial = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.partial`);
  const file = await saving(open(partial, 'wx', 0o600));
  try {
    try {
      await writeAll(file, data);
      await saving(file.sync());
    } finally {
      await file.close();
    }
    await saving(rename(partial, path));
    await saving(syncFolder(dirname(path)));
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
};

/** Pipes, terminals and the like cannot be replaced by a file. */
const isSpecial = async (path: string): Promise<boolean> => {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && !found.isFile() && !found.isDirectory();
};

const saveSpecial = async (path: string, data: Bytes): Promise<void> => {
  const file = await saving(open(path, 'w'));
  await writeAll(file, data).finally(() => file.close());
};

/** Saves a version, decrypted when there is a private key. Throws a Failure or Interrupted, and leaves no partial file then. */
export const download = async (settings: DownloadSettings, context: CommandContext): Promise<void> => {
  const { logger, operation } = context;
  const { collection, version, savePath } = settings;
  logger.info(jobMessages.restoreStarted, { collection, version });
  try {
    const { data, download: source } = await openVersion(settings, context);
    const progress = new Progress(logger, { share: () => source.share() });
    const save = (await isSpecial(savePath)) ? saveSpecial : saveFile;
    await save(savePath, progress.count(data));
    progress.finish();
    logger.info(jobMessages.restored, { collection, version: source.version ?? version, bytes: progress.bytes });
  } catch (error) {
    throw asFailure(operation.causeOf(error), 'saveFailed', 'load');
  }
};
