import type { GrantedAccess } from '../metadata/sessions.ts';
import type { Upload } from '../metadata/uploads.ts';
import type { Hold, Version } from '../metadata/versions.ts';

/* How things look on the wire. Field names, also their capitals, are those of the old server. */

const holdOnWire = ({ reason, by, at, until }: Hold) => ({
  reason,
  by,
  at: at.toISOString(),
  until: until?.toISOString() ?? null,
});

const verificationOnWire = ({ verification, baseline }: Version) =>
  verification && {
    result: verification.result,
    at: verification.at.toISOString(),
    detail: verification.detail ?? null,
    digest: baseline ? 'baseline' : 'recorded',
  };

export const versionOnWire = (version: Version) => ({
  id: version.id,
  collectionId: version.collectionId,
  versionNumber: version.versionNumber,
  filename: version.filename,
  filesize: version.bytes,
  uploadedBySessionId: version.sessionId,
  user: version.uploader,
  CreatedAt: version.createdAt.toISOString(),
  UpdatedAt: version.updatedAt.toISOString(),
  DeletedAt: null,
  ...(version.sha256 === undefined ? {} : { sha256: version.sha256 }),
  ...(version.hold === undefined ? {} : { hold: holdOnWire(version.hold) }),
  ...(version.verification === undefined ? {} : { verification: verificationOnWire(version) }),
});

export const grantedAccessOnWire = (access: GrantedAccess) => ({
  CreatedAt: access.createdAt.toISOString(),
  UpdatedAt: access.updatedAt.toISOString(),
  DeletedAt: null,
  id: access.id,
  expiresAt: access.expiresAt?.toISOString() ?? null,
  deactivated: access.deactivated,
  description: access.description,
  requesterIP: access.requesterIp,
  user: access.user,
  accessKeyName: access.accessKeyName,
});

const publicStates = { open: 'open', committing: 'open', committed: 'committed', aborted: 'aborted' } as const;

export const uploadOnWire = (upload: Upload, offset: number, version?: Version) => ({
  id: upload.id,
  key: upload.key ?? null,
  state: version === undefined ? publicStates[upload.state] : 'committed',
  offset,
  maxBytes: upload.maxBytes,
  expiresAt: upload.leaseExpiresAt.toISOString(),
  ...(upload.reason === undefined ? {} : { reason: upload.reason }),
  ...(version === undefined ? {} : { version: versionOnWire(version) }),
});

/** `2026-11-22T19:34:36Z`: whole seconds, as login answers say when a token expires. */
export const secondPrecision = (time: Date): string => `${time.toISOString().slice(0, 19)}Z`;
