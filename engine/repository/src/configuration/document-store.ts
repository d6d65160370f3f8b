export type DocumentKind = 'BackupUser' | 'BackupCollection';

export interface StoredDocument {
  readonly name: string;
  /** As it is stored, with the known field names in their usual spelling. */
  readonly spec: Readonly<Record<string, unknown>>;
  /** Changes with every change of the document, also with those that others make. */
  readonly revision: string;
}

/** Why a document was not written. The message is for people and names no secret. */
export class DocumentError extends Error {
  /** `changed`: it is not as it was when it was read; read it again. `read-only`: this server may not write. */
  readonly reason: 'exists' | 'absent' | 'changed' | 'read-only' | 'invalid';

  constructor(reason: DocumentError['reason'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'DocumentError';
    this.reason = reason;
  }
}

/**
 * Writes where the {@link ConfigurationProvider} reads. A document is written whole or not at all, and durable when the
 * promise resolves. What it says beside the changed fields stays, also fields that this server does not know. Nothing is
 * retried. Rejects with a {@link DocumentError} when the write is refused. Names are checked here once more.
 */
export interface DocumentStore {
  /** All of a kind by name, also those that cannot be used. */
  list(kind: DocumentKind): Promise<StoredDocument[]>;
  find(kind: DocumentKind, name: string): Promise<StoredDocument | undefined>;
  create(kind: DocumentKind, name: string, spec: Record<string, unknown>): Promise<StoredDocument>;
  /** Replaces fields of the spec; undefined removes one. Only while the document has that revision. */
  change(
    kind: DocumentKind,
    name: string,
    change: { revision: string; fields: Readonly<Record<string, unknown>> },
  ): Promise<StoredDocument>;
  /** Only while the document has that revision. */
  remove(kind: DocumentKind, name: string, revision: string): Promise<void>;
  /** Makes the Secret when it is absent; other entries stay. The value is stored as it is: nothing is encoded. */
  setSecretEntry(name: string, entry: string, value: string): Promise<void>;
}

export const changedMeanwhile = (kind: DocumentKind, name: string): DocumentError =>
  new DocumentError('changed', `${kind} ${name} was changed meanwhile; read it again and repeat the change`);
