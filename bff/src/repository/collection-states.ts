import type { ResourceCache } from '@backstay/kubernetes';
import { type BackupCollection, hasCode } from '@backstay/shared';
import type { Logger } from 'pino';
import type { CollectionUsage, RepositoryClient, StoredVersion } from './repository-client.ts';

/** What the repository holds for one collection, as last read. Versions: newest first. */
export interface CollectionState {
  name: string;
  resource: BackupCollection;
  usage: CollectionUsage;
  versions: readonly StoredVersion[];
}

const refreshMilliseconds = 60_000;
const retryMilliseconds = 2_000;

/**
 * Collections with their versions and usage, read from the repository after every job, on every change of the resource and
 * once a minute. Listeners hear of a collection when something about it changed, and of its end.
 */
export class CollectionStates {
  readonly #client: RepositoryClient;
  readonly #resources: ResourceCache<BackupCollection>;
  readonly #logger: Logger;
  readonly #states = new Map<string, CollectionState>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #again = new Set<string>();
  readonly #listeners = new Set<(name: string) => void>();
  readonly #timer: NodeJS.Timeout;
  readonly #retries = new Map<string, NodeJS.Timeout>();
  readonly #offChange: () => void;
  #stopped = false;

  constructor(parts: { client: RepositoryClient; resources: ResourceCache<BackupCollection>; logger: Logger }) {
    this.#client = parts.client;
    this.#resources = parts.resources;
    this.#logger = parts.logger;
    this.#offChange = this.#resources.onChange((change) => {
      if (change.type === 'deleted') this.#remove(change.object.metadata.name);
      else this.#refreshSoon(change.object.metadata.name);
    });
    this.#timer = setInterval(() => this.#refreshAll(), refreshMilliseconds);
    this.#timer.unref();
  }

  get(name: string): CollectionState | undefined {
    return this.#states.get(name);
  }

  list(): CollectionState[] {
    return [...this.#states.values()].sort((a, b) => a.name.localeCompare(b.name));
  }

  onChange(listener: (name: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Reads one collection anew; a call during a running read causes one more read after it. */
  refresh(name: string): Promise<void> {
    const running = this.#running.get(name);
    if (running !== undefined) {
      this.#again.add(name);
      return running;
    }
    const started = this.#readUntilSettled(name).finally(() => this.#running.delete(name));
    this.#running.set(name, started);
    return started;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    for (const retry of this.#retries.values()) clearTimeout(retry);
    this.#offChange();
    await Promise.allSettled(this.#running.values());
  }

  async #readUntilSettled(name: string): Promise<void> {
    do {
      this.#again.delete(name);
      await this.#read(name);
    } while (this.#again.has(name) && !this.#stopped);
  }

  async #read(name: string): Promise<void> {
    const resource = this.#resources.list().find((item) => item.metadata.name === name);
    if (resource === undefined) return this.#remove(name);
    const [usage, versions] = await Promise.all([this.#client.usage(name), this.#client.versions(name)]);
    const newestFirst = versions.toSorted((a, b) => b.versionNumber - a.versionNumber);
    const state = { name, resource, usage, versions: newestFirst };
    const before = this.#states.get(name);
    this.#states.set(name, state);
    if (before === undefined || JSON.stringify(before) !== JSON.stringify(state)) this.#announce(name);
  }

  // A collection that was just made may not have reached the repository yet.
  #refreshSoon(name: string): void {
    this.refresh(name).catch((error: unknown) => {
      if (this.#stopped || this.#retries.has(name)) return;
      if (!hasCode(error, 'not_found')) this.#logger.warn({ err: error, collection: name }, 'cannot read a collection');
      const retry = setTimeout(() => {
        this.#retries.delete(name);
        this.#refreshSoon(name);
      }, retryMilliseconds);
      retry.unref();
      this.#retries.set(name, retry);
    });
  }

  #refreshAll(): void {
    for (const resource of this.#resources.list()) this.#refreshSoon(resource.metadata.name);
  }

  #remove(name: string): void {
    if (this.#states.delete(name)) this.#announce(name);
  }

  #announce(name: string): void {
    for (const listener of this.#listeners) listener(name);
  }
}
