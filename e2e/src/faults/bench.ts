import { runClient } from '../harness/client-process.ts';
import { GpgKey } from '../harness/gpg-key.ts';
import { type CollectionApi, collectionApi, digestOf, type ListedVersion } from '../harness/repository-api.ts';
import { type CollectionLimits, type ProcessOptions, RepositoryProcess } from '../harness/repository-process.ts';
import type { FaultRun } from './fault-case.ts';

export const collection = 'faults';
const room = { maxBackupsCount: 1500, maxOneVersionSize: '20M', maxCollectionSize: '30G' };

/** A real repository, a key and one collection: where injections happen. */
export class Bench {
  readonly repository: RepositoryProcess;
  readonly key: GpgKey;
  readonly token: string;
  api: CollectionApi;
  readonly #accepted = new Set<number>();
  readonly #name: string;
  readonly #collections: string[];

  private constructor(repository: RepositoryProcess, key: GpgKey, { token, name }: { token: string; name: string }) {
    this.repository = repository;
    this.key = key;
    this.token = token;
    this.#name = name;
    this.#collections = [name];
    this.api = collectionApi(repository.url, token, name);
  }

  static async start(limits: CollectionLimits = {}, options: ProcessOptions = {}): Promise<Bench> {
    const repository = await RepositoryProcess.start({ [collection]: { ...room, ...limits } }, options);
    return new Bench(repository, new GpgKey(), { token: await repository.login(), name: collection });
  }

  /** One more collection of the same repository, where other injections happen at the same time. It ends with this one. */
  beside(name: string): Bench {
    this.repository.putCollection(name, room);
    return new Bench(this.repository, this.key, { token: this.token, name });
  }

  /** A backup that nothing hurts. A bench where it fails would pass every check of refused ones. */
  async works(): Promise<void> {
    const { exitCode, log } = await runClient(['make', '-c', 'head -c 300000 /dev/urandom'], this.environment());
    const added = this.#added(await this.api.list());
    if (exitCode !== 0 || added.length !== 1) throw new Error(`An unhurt backup fails: ${log}`);
    this.accept(added);
  }

  /** From now on these are no news for {@link check}, but have to stay. */
  accept(versions: readonly ListedVersion[]): void {
    for (const { versionNumber } of versions) this.#accepted.add(versionNumber);
  }

  /** An empty collection takes the place of the one so far. */
  use(name: string, limits: CollectionLimits): void {
    this.repository.putCollection(name, limits);
    this.#collections.push(name);
    this.api = collectionApi(this.repository.url, this.token, name);
    this.#accepted.clear();
  }

  /** The versions of all collections that were ever in use. */
  async everyList(): Promise<ListedVersion[]> {
    const { url } = this.repository;
    const lists = this.#collections.map((name) => collectionApi(url, this.token, name).list());
    return (await Promise.all(lists)).flat();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.key[Symbol.dispose]();
    await this.repository[Symbol.asyncDispose]();
  }

  environment(url: string = this.repository.url): NodeJS.ProcessEnv {
    return {
      ...{ BM_URL: url, BM_COLLECTION_ID: this.#name, BM_AUTH_TOKEN: this.token, BM_RECIPIENT: this.key.email },
      ...{ BM_PUBLIC_KEY_PATH: this.key.publicPath, BM_PRIVATE_KEY_PATH: this.key.privatePath, BM_TIMEOUT: '20' },
    };
  }

  /**
   * Everything listed is stored with its digest and nothing accepted is lost; staging is empty and nothing is reserved
   * where `settled` says so. Gives the versions that were never accepted.
   */
  async check(run: FaultRun, { what, settled }: { what: string; settled: boolean }): Promise<ListedVersion[]> {
    const versions = await this.api.list();
    for (const { versionNumber, sha256 } of versions.slice(-3)) {
      const download = this.api.download(versionNumber).then(digestOf);
      const digest = await download.catch((error: unknown) => `nothing: ${String(error)}`);
      if (digest !== sha256) run.broken(`${what}: version ${versionNumber} does not hash to its digest`);
    }
    const added = this.#added(versions);
    if (versions.length - added.length !== this.#accepted.size) run.broken(`${what}: a version was lost`);
    if (!settled) return added;
    const { reservedBytes } = await this.api.usage();
    if (reservedBytes !== 0) run.broken(`${what}: ${reservedBytes} bytes stay reserved`);
    if (this.repository.staged().length > 0) run.broken(`${what}: staged bytes stay`);
    return added;
  }

  #added(versions: readonly ListedVersion[]): ListedVersion[] {
    return versions.filter(({ versionNumber }) => !this.#accepted.has(versionNumber));
  }
}
