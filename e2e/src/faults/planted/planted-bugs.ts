import type { PlantedBug } from './planted-bug.ts';

/** Each breaks a promise quietly; the fault case named beside it has to see that. */
export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'skip the fsync',
    file: 'engine/repository/src/blobs/filesystem-blob-store.ts',
    code: 'sync = (handle: FileHandle) => handle.sync()',
    instead: 'sync = async () => {}',
    noticedBy: 'POWER',
  },
  {
    name: 'ignore the digest',
    file: 'engine/repository/src/features/upload-routes.ts',
    code: 'content.bytes !== promised.size || content.sha256 !== promised.sha256',
    instead: 'content.bytes !== promised.size',
    noticedBy: 'T7',
  },
];
