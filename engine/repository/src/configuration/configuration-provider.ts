import type { DocumentStore } from './document-store.ts';
import type { CollectionDocument, UserDocument } from './documents.ts';

/**
 * Where users, collections and secrets are defined. Reads are live: a change counts for the next request. Undefined means
 * that there is no such object, also for a name that none can have. Rejects with a {@link MisconfiguredError} for an object
 * that exists and cannot be used, and with any other error when the source itself cannot be read.
 */
export interface ConfigurationProvider {
  /** The same documents, for those who manage them. */
  readonly documents: DocumentStore;
  user(name: string): Promise<UserDocument | undefined>;
  collection(name: string): Promise<CollectionDocument | undefined>;
  /** One entry of a Secret's `data` as it stands in the document: nothing is decoded. */
  secretEntry(name: string, entry: string): Promise<string | undefined>;
  /** Rejects with a message when objects cannot be read at present. */
  check(): Promise<void>;
}
