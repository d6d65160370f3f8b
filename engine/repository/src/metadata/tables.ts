import type { ColumnType } from 'kysely';

/* Times are ISO 8601 text towards the database and text (SQLite) or Date (PostgreSQL) from it; see `times.ts`. */

type Stored = string | Date;
type Time = ColumnType<Stored, string, string>;
type OptionalTime = ColumnType<Stored | null, string | null, string | null>;
/** SQLite has no booleans: it gives 0 and 1. */
type Flag = ColumnType<boolean | number | null, boolean, boolean>;
/** PostgreSQL gives a bigint as text. */
type Count = ColumnType<number | string, number, number>;

export interface GrantedAccessesTable {
  /** Lower-case hex SHA-256 of the token. */
  id: string;
  created_at: Time;
  updated_at: Time;
  deleted_at: OptionalTime;
  expires_at: OptionalTime;
  deactivated: Flag;
  description: string | null;
  requester_ip: string | null;
  user: string | null;
  access_key_name: string | null;
  /** Of the stored hash that the session was given for. Null: by a server that kept none. */
  secret_fingerprint: string | null;
}

/** Rises whenever sessions of the user are ended together. */
export interface SessionEpochsTable {
  user: string;
  epoch: Count;
}

export interface UploadedVersionsTable {
  id: string;
  collection_id: string;
  version_number: Count;
  filename: string;
  filesize: Count;
  uploaded_by_session_id: string | null;
  uploader: string | null;
  created_at: Time;
  updated_at: Time;
  deleted_at: OptionalTime;
  /** Hex. Null: stored by a server that kept no digests. */
  sha256: string | null;
  /** Null on a deleted row: its bytes are still to be removed. */
  bytes_removed_at: OptionalTime;
  /** The version that has the number, on one that old servers gave the same number. */
  twin_of: string | null;
  /** Set: the version is protected, until `held_until` if that is set. */
  held_at: OptionalTime;
  held_until: OptionalTime;
  held_by: string | null;
  hold_reason: string | null;
  verified_at: OptionalTime;
  verification: 'good' | 'damaged' | 'missing' | null;
  verification_detail: string | null;
  /** `baseline`: the digest was taken by the first verification, not while the bytes came in. */
  digest_origin: 'baseline' | null;
  /** When a sweep last found the object. */
  object_seen_at: OptionalTime;
}

export interface LocksTable {
  id: string;
  expires: Time;
  /** Who holds it: only the holder may renew or release. */
  owner: string | null;
}

export type UploadState = 'open' | 'committing' | 'committed' | 'aborted';

export interface UploadsTable {
  id: string;
  collection_id: string;
  /** Null for plain uploads. */
  idempotency_key: string | null;
  state: UploadState;
  reserved_bytes: Count;
  session_id: string;
  uploader: string;
  lease_expires_at: Time;
  created_at: Time;
  updated_at: Time;
  /* Set when the commit is decided. */
  version_id: string | null;
  version_number: number | string | null;
  filename: string | null;
  filesize: number | string | null;
  sha256: string | null;
  /** Why it was aborted. */
  reason: string | null;
}

export interface UploadTurnsTable {
  upload_id: string;
  /** Null: nobody works on it. */
  owner: string | null;
  expires_at: Time;
  /** Of the latest turn. */
  number: Count;
  /** 1: somebody else waits for it. */
  wanted: number;
}

export interface CollectionStatesTable {
  collection_id: string;
  /** The highest number ever given: numbers never come again. */
  last_version_number: Count;
  updated_at: Time;
  /** Set: the collection is being removed and takes no new uploads until then. */
  closed_until: OptionalTime;
}

export interface AuditLogTable {
  id: string;
  at: Time;
  action: string;
  outcome: string;
  user: string | null;
  access_key_name: string | null;
  session_id: string | null;
  collection_id: string | null;
  target: string | null;
  requester_ip: string | null;
  request_id: string | null;
  detail: string | null;
}

export interface AccessKeysTable {
  user: string;
  name: string;
  created_at: OptionalTime;
  created_by: string | null;
  rotated_at: OptionalTime;
  expires_at: OptionalTime;
  /** Hash of the secret before the last rotation. */
  previous_hash: string | null;
  previous_until: OptionalTime;
  last_used_at: OptionalTime;
  last_used_ip: string | null;
}

/** Objects in the storage that no row speaks of. */
export interface OrphansTable {
  key: string;
  bytes: Count;
  modified_at: Time;
  first_seen_at: Time;
  last_seen_at: Time;
}

/** What each kind of background work last came to. */
export interface MaintenanceTable {
  id: string;
  finished_at: Time;
  /** JSON. */
  result: string;
}

export interface Tables {
  access_keys: AccessKeysTable;
  granted_accesses: GrantedAccessesTable;
  session_epochs: SessionEpochsTable;
  uploaded_versions: UploadedVersionsTable;
  locks: LocksTable;
  uploads: UploadsTable;
  upload_turns: UploadTurnsTable;
  collection_states: CollectionStatesTable;
  audit_log: AuditLogTable;
  orphans: OrphansTable;
  maintenance: MaintenanceTable;
}
