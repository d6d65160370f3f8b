/** What can be done with a collection. */
export type CollectionAction =
  | 'file.download'
  | 'file.upload'
  | 'file.upload-anytime'
  | 'version.hold'
  | 'version.delete'
  | 'collection.verify'
  | 'collection.manage';

const download: CollectionAction[] = ['file.download'];
const upload: CollectionAction[] = ['file.upload'];
const uploadAnytime: CollectionAction[] = ['file.upload', 'file.upload-anytime'];
const manage: CollectionAction[] = [
  ...download,
  ...uploadAnytime,
  'version.hold',
  'version.delete',
  'collection.verify',
  'collection.manage',
];

const actionsByRole = new Map<string, readonly CollectionAction[]>([
  ['systemAdmin', manage],
  ['collectionManager', manage],
  ['backupDownloader', download],
  ['backupUploader', upload],
  ['uploadsAnytime', uploadAnytime],
  ['userManager', []],
  ['usersManager', []],
]);

/** Everything that the roles allow together. */
export const actionsOf = (roles: readonly string[]): CollectionAction[] => [
  ...new Set(roles.flatMap((role) => actionsByRole.get(role) ?? [])),
];

/** Unknown roles allow nothing. */
export const rolesAllow = (roles: readonly string[], action: CollectionAction): boolean =>
  roles.some((role) => actionsByRole.get(role)?.includes(action) ?? false);

export const isSystemAdmin = (roles: readonly string[]): boolean => roles.includes('systemAdmin');

/** Both spellings are in use. */
export const managesUsers = (roles: readonly string[]): boolean =>
  isSystemAdmin(roles) || roles.includes('userManager') || roles.includes('usersManager');

/** Collections that are not there yet: an access control of one collection does not count. */
export const managesCollections = (roles: readonly string[]): boolean => rolesAllow(roles, 'collection.manage');
