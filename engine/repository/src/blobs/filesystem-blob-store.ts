import { randomUUID } from 'node:crypto';
import {
  type FileHandle,
  link,
  mkdir,
  open,
  opendir,
  readdir,
  readFile,
  rm,
  stat,
  statfs,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { blobKey, checkStagingId, segmentsOfKey, splitKey } from './blob-keys.ts';
import { type BlobContent, type BlobEntry, type BlobStore, StorageError } from './blob-store.ts';
import { StagedFile } from './staged-file.ts';
import { errorCode, guarded, ifPresent } from './storage-errors.ts';

const stagingFolder = '.staging';
const readChunkBytes = 256 * 1024;

export interface FilesystemBlobOptions {
  /** Uploads are refused while the disk has fewer bytes left. Default: 64 MiB. */
  minFreeBytes?: number;
  /** Makes a file durable. Default: fsync. For tests. */
  sync?: (handle: FileHandle) => Promise<void>;
}

const syncFolder = async (folder: string): Promise<void> => {
  await using handle = await open(folder, 'r');
  await handle.sync();
};

const contentOf = (handle: FileHandle, bytes: number): BlobContent => ({
  bytes,
  stream: (range) => handle.createReadStream({ ...range, highWaterMark: readChunkBytes }),
  close: () => handle.close(),
});

const openContent = (file: string): Promise<BlobContent | undefined> =>
  guarded(async () => {
    const handle = await ifPresent(() => open(file, 'r'));
    if (handle === undefined) {
      return undefined;
    }
    const { size } = await handle.stat();
    return contentOf(handle, size);
  });

/** Only the same file, published before by the same staging, may be there already. */
const linkOnce = async (from: string, to: string): Promise<void> => {
  try {
    await link(from, to);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') {
      throw error;
    }
    const [source, target] = await Promise.all([stat(from), stat(to)]);
    if (source.ino !== target.ino || source.dev !== target.dev) {
      throw new StorageError('exists', 'the storage holds another file of that name already', error);
    }
  }
};

class FilesystemBlobStore implements BlobStore {
  readonly #root: string;
  readonly #staging: string;
  readonly #minFreeBytes: number;
  readonly #syncHandle: (handle: FileHandle) => Promise<void>;
  /** Staged files whose sync failed: the disk may lack bytes that the cache still shows, and a second sync would not tell. */
  readonly #doubtful = new Set<string>();

  constructor(root: string, { minFreeBytes, sync }: Required<FilesystemBlobOptions>) {
    this.#root = root;
    this.#syncHandle = sync;
    this.#staging = path.join(root, stagingFolder);
    this.#minFreeBytes = minFreeBytes;
  }

  async stage(id: string): Promise<StagedFile> {
    return await guarded(async () => {
      await this.#checkSpace();
      await mkdir(this.#staging, { recursive: true, mode: 0o700 });
      const handle = await open(this.#stagedPath(id), 'a+', 0o600);
      await handle.close();
      const writable = await open(this.#stagedPath(id), 'r+');
      return new StagedFile(writable, (await writable.stat()).size, {
        checkSpace: () => this.#checkSpace(),
        sync: (file) => this.#sync(id, file),
      });
    });
  }

  readStaged(id: string): Promise<BlobContent | undefined> {
    return openContent(this.#stagedPath(id));
  }

  async discardStaged(id: string): Promise<void> {
    await guarded(() => rm(this.#stagedPath(id), { force: true }));
    this.#doubtful.delete(id);
  }

  async listStaged(): Promise<{ id: string; modifiedAt: Date }[]> {
    return await guarded(async () => {
      const names = (await ifPresent(() => readdir(this.#staging))) ?? [];
      const found = await Promise.all(
        names.map(async (id) => {
          const stats = await ifPresent(() => stat(path.join(this.#staging, id)));
          return stats === undefined ? [] : [{ id, modifiedAt: stats.mtime }];
        }),
      );
      return found.flat();
    });
  }

  async publish(id: string, key: string): Promise<void> {
    const file = path.join(this.#root, ...splitKey(key));
    const folder = path.dirname(file);
    await guarded(async () => {
      await this.#syncStaged(id);
      if ((await mkdir(folder, { recursive: true, mode: 0o700 })) !== undefined) {
        await syncFolder(this.#root);
      }
      await linkOnce(this.#stagedPath(id), file);
      await syncFolder(folder);
    });
  }

  async open(key: string): Promise<BlobContent | undefined> {
    return await openContent(this.#path(key));
  }

  async size(key: string): Promise<number | undefined> {
    const file = this.#path(key);
    return (await guarded(() => ifPresent(() => stat(file))))?.size;
  }

  async delete(key: string): Promise<void> {
    const file = this.#path(key);
    await guarded(async () => {
      // The old server kept a description beside each file.
      await rm(`${file}.attrs`, { force: true });
      await rm(file, { force: true });
    });
  }

  async *list(): AsyncIterable<BlobEntry> {
    for await (const folder of await opendir(this.#root)) {
      if (folder.isDirectory() && folder.name !== stagingFolder) {
        yield* this.#listFolder(folder.name);
      }
    }
  }

  /** Whatever is half written lies in the staging folder, which is listed. */
  async sweep(): Promise<void> {}

  async check(): Promise<void> {
    const file = path.join(this.#root, `.health-${randomUUID()}`);
    const text = randomUUID();
    await guarded(async () => {
      try {
        await writeFile(file, text, { mode: 0o600, flag: 'wx' });
        if ((await readFile(file, 'utf8')) !== text) {
          throw new StorageError('failed', 'the storage gave back other bytes than were written');
        }
      } finally {
        await rm(file, { force: true });
      }
    });
  }

  async *#listFolder(collection: string): AsyncIterable<BlobEntry> {
    for await (const file of await opendir(path.join(this.#root, collection))) {
      const stats = file.isFile()
        ? await ifPresent(() => stat(path.join(this.#root, collection, file.name)))
        : undefined;
      if (stats !== undefined && !file.name.endsWith('.attrs')) {
        yield { key: blobKey(collection, file.name), bytes: stats.size, modifiedAt: stats.mtime };
      }
    }
  }

  async #syncStaged(id: string): Promise<void> {
    if (this.#doubtful.has(id)) {
      throw new StorageError('failed', 'the storage could not keep these bytes');
    }
    await using handle = await open(this.#stagedPath(id), 'r+');
    await this.#sync(id, handle);
  }

  async #sync(id: string, handle: FileHandle): Promise<void> {
    try {
      await this.#syncHandle(handle);
    } catch (error) {
      this.#doubtful.add(id);
      throw error;
    }
  }

  async #checkSpace(): Promise<void> {
    const { bavail, bsize } = await statfs(this.#root);
    if (bavail * bsize < this.#minFreeBytes) {
      throw new StorageError('full', 'the storage has too little free space left');
    }
  }

  #stagedPath(id: string): string {
    return path.join(this.#staging, checkStagingId(id));
  }

  #path(key: string): string {
    return path.join(this.#root, ...segmentsOfKey(key));
  }
}

/** Keeps blobs as files below `root`, which is created when it is missing. */
export const openFilesystemBlobs = async (root: string, options: FilesystemBlobOptions = {}): Promise<BlobStore> => {
  await mkdir(root, { recursive: true, mode: 0o700 });
  const { minFreeBytes = 64 * 1024 * 1024, sync = (handle: FileHandle) => handle.sync() } = options;
  return new FilesystemBlobStore(path.resolve(root), { minFreeBytes, sync });
};
