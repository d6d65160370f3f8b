import { type Collection, DomainError, type JobSummary, type Version } from '@backstay/shared';
import type { Access } from '../../identity/access.ts';
import type { Identity } from '../../identity/identity.ts';
import type { CollectionState, CollectionStates } from '../../repository/collection-states.ts';
import type { Download, RepositoryClient } from '../../repository/repository-client.ts';
import { collectionView, type ScheduleRef, versionView } from './collection-view.ts';

export interface BackupParts {
  access: Access;
  collections: CollectionStates;
  repository: RepositoryClient;
  /** Namespace of the collections. */
  namespace: string;
  /** Schedules that store into a collection. */
  schedulesOf: (collection: string) => ScheduleRef[];
  /** Backup jobs of a schedule that stored something, from the records. */
  backupsOf: (schedule: ScheduleRef) => Promise<JobSummary[]>;
}

/** A person sees a collection, and may download from it, who may read its resource. */
export class BackupService {
  readonly #parts: BackupParts;

  constructor(parts: BackupParts) {
    this.#parts = parts;
  }

  async list(identity: Identity): Promise<Collection[]> {
    if (!(await this.maySee(identity))) return [];
    return this.#parts.collections.list().map((state) => this.view(state));
  }

  view(state: CollectionState): Collection {
    return collectionView(state, this.#parts.schedulesOf(state.name));
  }

  async versions(identity: Identity, name: string): Promise<{ collection: Collection; items: Version[] }> {
    const state = await this.#find(identity, name);
    const jobs = await this.#storingJobs(name);
    return {
      collection: this.view(state),
      items: state.versions.map((stored) => versionView(stored, jobs.get(stored.versionNumber))),
    };
  }

  /** `range`: the value of the request's header. */
  async download(
    identity: Identity,
    of: { collection: string; number: number },
    request: { range?: string; signal: AbortSignal },
  ): Promise<Download> {
    await this.#find(identity, of.collection);
    const headers: Record<string, string> = request.range === undefined ? {} : { range: request.range };
    return this.#parts.repository.download(of, headers, request.signal);
  }

  maySee(identity: Identity): Promise<boolean> {
    const question = { group: 'backups.riotkit.org', resource: 'backupcollections', namespace: this.#parts.namespace };
    return this.#parts.access.mayIn(identity, { verb: 'list', ...question });
  }

  async #find(identity: Identity, name: string): Promise<CollectionState> {
    const state = (await this.maySee(identity)) ? this.#parts.collections.get(name) : undefined;
    if (state === undefined) throw new DomainError('not_found', `There is no collection ${name}.`);
    return state;
  }

  async #storingJobs(collection: string): Promise<Map<number, JobSummary>> {
    const lists = await Promise.all(this.#parts.schedulesOf(collection).map((ref) => this.#parts.backupsOf(ref)));
    return new Map(lists.flat().flatMap((job) => (job.version === undefined ? [] : [[job.version, job] as const])));
  }
}
