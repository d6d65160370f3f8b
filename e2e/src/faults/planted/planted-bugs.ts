import { clientBugs } from './client-bugs.ts';
import type { PlantedBug } from './planted-bug.ts';

/** Each breaks a promise quietly; the fault case named beside it has to see that. */
export const plantedBugs: readonly PlantedBug[] = [
  ...clientBugs,
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
  {
    name: 'rotate before the commit',
    file: 'engine/repository/src/features/upload-routes.ts',
    code: 'const version = await services.uploads.commit(',
    instead: `await services.rotator.rotate(collection.name, { ...rules.limits, retention: undefined, maxVersions: rules.limits.maxVersions - 1 });
  const version = await services.uploads.commit(`,
    noticedBy: 'T15',
  },
  {
    name: 'write over what has the name',
    file: 'engine/repository/src/blobs/filesystem-blob-store.ts',
    code: 'await link(from, to);',
    instead: 'await rm(to, { force: true });\n    await link(from, to);',
    noticedBy: 'T20',
  },
  {
    name: 'count no reservation',
    file: 'engine/repository/src/metadata/uploads.ts',
    code: 'reserved: open.map((row) => Number(row.reserved_bytes))',
    instead: 'reserved: open.map(() => 0)',
    noticedBy: 'T14',
  },
  {
    name: 'take no lock between servers',
    file: 'engine/repository/src/metadata/collection-lock.ts',
    code: ".updateTable('collection_states')\n    .set({ updated_at })\n    .where('collection_id', '=', collectionId)\n    .returning('last_version_number')",
    instead: ".selectFrom('collection_states').select('last_version_number').where('collection_id', '=', collectionId)",
    noticedBy: 'T11',
  },
  {
    name: 'believe an unsigned token',
    file: 'engine/repository/src/access/tokens.ts',
    code: "const { payload } = await compactVerify(token, secret, { algorithms: ['HS256'] });",
    instead: "const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url');",
    noticedBy: 'T43',
  },
  {
    name: 'let a revoked session in',
    file: 'engine/repository/src/access/session.ts',
    code: 'granted === undefined || granted.deactivated',
    instead: 'granted === undefined',
    noticedBy: 'T18',
  },
];
