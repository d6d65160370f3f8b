/** The scope and the access key of the limited actors. */
export const scopeOfOne = [{ type: 'collection', name: 'shop-db', roles: ['backupUploader', 'backupDownloader'] }];

/** Who asks: system roles, or how the session is limited. `acl` has the role on the collection `shop-db` only. */
export const actors = {
  admin: { roles: ['systemAdmin'] },
  manager: { roles: ['collectionManager'] },
  userManager: { roles: ['userManager'] },
  usersManager: { roles: ['usersManager'] },
  downloader: { roles: ['backupDownloader'] },
  uploader: { roles: ['backupUploader'] },
  anytime: { roles: ['uploadsAnytime'] },
  none: { roles: [] },
  aclManager: { roles: [], acl: ['collectionManager'] },
  aclDownloader: { roles: [], acl: ['backupDownloader'] },
  key: { roles: ['systemAdmin'], key: true },
  scoped: { roles: ['systemAdmin'], scope: true },
  deactivated: { roles: ['systemAdmin'], gone: 'deactivated' },
  vanished: { roles: ['systemAdmin'], gone: 'removed' },
  elsewhere: { roles: ['systemAdmin'], gone: 'address' },
  revoked: { roles: ['systemAdmin'], gone: 'revoked' },
} as const;
export type ActorName = keyof typeof actors;

const limited: ActorName[] = ['key', 'scoped'];
const download: ActorName[] = ['admin', 'manager', 'downloader'];
const upload: ActorName[] = ['admin', 'manager', 'uploader', 'anytime'];
const manage: ActorName[] = ['admin', 'manager'];
const people: ActorName[] = ['admin', 'userManager', 'usersManager'];
const living = (Object.keys(actors) as ActorName[]).filter((name) => !('gone' in actors[name]));
const either = [...new Set([...download, ...upload])];
/** What access control and limits add for the collection `shop-db`, and do not for the other one. */
const own = {
  download: [...download, ...limited, 'aclManager', 'aclDownloader'] as ActorName[],
  upload: [...upload, ...limited, 'aclManager'] as ActorName[],
  either: [...either, ...limited, 'aclManager', 'aclDownloader'] as ActorName[],
  manage: [...manage, 'aclManager'] as ActorName[],
};

export interface Row {
  /** Whom the decision lets in on `shop-db`; what the request then comes to does not matter. */
  readonly own: readonly ActorName[];
  /** On a collection that gives nobody anything. Default: the route is about no collection. */
  readonly other?: readonly ActorName[];
  readonly body?: unknown;
}

const versions = (channel: string) => `/api/${channel}/repository/collection/{collectionId}/version`;
const collection = '/api/stable/repository/collection/{collectionId}';
const user = '/api/stable/users/{userName}';
const managed: Row = { own: own.manage, other: manage };

/** The one table; the key is method and path of the document. Bodies are such that nothing is changed. */
export const authorizationTable: Record<string, Row | 'open' | 'session'> = {
  'GET /health': 'open',
  'GET /ready': 'open',
  'GET /metrics': 'open',
  'GET /api/stable/openapi.json': 'open',
  'POST /api/stable/auth/login': 'open',
  'GET /api/stable/auth/refresh_token': 'session',
  'DELETE /api/stable/auth/logout': 'session',
  'GET /api/stable/auth/whoami': { own: living },
  'GET /api/stable/auth/token': { own: living },
  'GET /api/stable/auth/user/{userName}': { own: people },
  [`GET ${collection}/health`]: 'open',
  [`GET ${versions('alpha')}`]: { own: own.either, other: either },
  [`GET ${versions('stable')}`]: { own: own.either, other: either },
  [`GET ${versions('alpha')}/{versionNum}`]: { own: own.download, other: download },
  [`GET ${versions('stable')}/{versionNum}`]: { own: own.download, other: download },
  [`POST ${versions('alpha')}`]: { own: own.upload, other: upload },
  [`POST ${versions('stable')}`]: { own: own.upload, other: upload },
  [`GET ${collection}/usage`]: { own: own.either, other: either },
  [`POST ${collection}/uploads`]: { own: own.upload, other: upload, body: { key: 'x' } },
  [`GET ${collection}/uploads/{uploadId}`]: { own: own.upload, other: upload },
  [`PATCH ${collection}/uploads/{uploadId}`]: { own: own.upload, other: upload },
  [`DELETE ${collection}/uploads/{uploadId}`]: { own: own.upload, other: upload },
  [`POST ${collection}/uploads/{uploadId}/finalise`]: { own: own.upload, other: upload },
  [`POST ${collection}/version/{versionNum}/hold`]: { ...managed, body: {} },
  [`DELETE ${collection}/version/{versionNum}/hold`]: managed,
  [`DELETE ${collection}/version/{versionNum}`]: managed,
  [`POST ${collection}/version/{versionNum}/verify`]: managed,
  [`GET ${collection}/verification`]: { own: own.either, other: either },
  [`GET ${collection}/forecast`]: { own: own.either, other: either },
  'GET /api/stable/repository/collection': { own: living },
  'POST /api/stable/repository/collection': { own: manage, body: {} },
  [`GET ${collection}`]: { own: own.either, other: either },
  [`PATCH ${collection}`]: { ...managed, body: { nonsense: 1 } },
  [`DELETE ${collection}`]: { ...managed, body: { nonsense: 1 } },
  'GET /api/stable/users': { own: people },
  'POST /api/stable/users': { own: people, body: {} },
  [`GET ${user}`]: { own: people },
  [`PATCH ${user}`]: { own: people, body: { nonsense: 1 } },
  [`DELETE ${user}`]: { own: people },
  [`POST ${user}/password`]: { own: people, body: {} },
  [`DELETE ${user}/sessions`]: { own: people },
  [`GET ${user}/access-keys`]: { own: people },
  [`POST ${user}/access-keys`]: {
    own: people,
    body: { name: 'k', objects: scopeOfOne, expiresAt: '2999-01-01T00:00:00Z' },
  },
  [`PATCH ${user}/access-keys/{keyName}`]: { own: people, body: {} },
  [`POST ${user}/access-keys/{keyName}/rotate`]: { own: people, body: {} },
  [`DELETE ${user}/access-keys/{keyName}`]: { own: people },
  'GET /api/stable/audit': { own: ['admin'] },
  'GET /api/stable/repository/storage/sweep': { own: ['admin'] },
  'POST /api/stable/repository/storage/sweep': { own: ['admin'] },
};

/** The rows that somebody decides about. */
export const decidedRows: readonly (readonly [route: string, row: Row])[] = Object.entries(authorizationTable).filter(
  (entry): entry is [string, Row] => typeof entry[1] !== 'string',
);

/** A request of a route that changes nothing, about things that are not there. */
export const requestOf = (
  route: string,
  collectionId: string,
): { target: string; headers: Record<string, string> } => ({
  target: route
    .replace('{collectionId}', collectionId)
    .replace('{versionNum}', '99')
    .replace('{uploadId}', 'absent')
    .replace('{userName}', 'ghost')
    .replace('{keyName}', 'absent'),
  headers: route.startsWith('PATCH') ? { 'upload-offset': '0' } : {},
});

/** Plain uploads need a message as their body. */
export const isPlainUpload = (route: string): boolean => /^POST .*\/version$/.test(route);
