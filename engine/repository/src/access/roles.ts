/** What can be done with a collection. */
export type CollectionAction =
  | 'file.download'
  | 'file.upload'
  | 'file.upload-anytime'
  | 'version.hold'
  | 'version.delete'
  | 'collection.verify';

const download: CollectionAction[] = ['file.download'];
const upload: CollectionAction[] = ['file.upload'];
const uploadAnytime: CollectionAction[] = ['file.upload', 'file.upload-anytime'];
const manage: CollectionAction[] = [
  ...download,
  ...uploadAnytime,
  'version.hold',
  'version.delete',
  'collection.verify',
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

/** Unknown roles allow nothing. */
export const rolesAllow = (roles: readonly string[], action: CollectionAction): boolean =>
  roles.some((role) => actionsByRole.get(role)?.includes(action) ?? false);

export const isSystemAdmin = (roles: readonly string[]): boolean => roles.includes('systemAdmin');

/** Both spellings are in use. */
export const managesUsers = (roles: readonly string[]): boolean =>
  isSystemAdmin(roles) || roles.includes('userManager') || roles.includes('usersManager');
