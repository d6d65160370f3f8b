import type { KubeObject } from '@backstay/shared';
import { apiVersionOf } from '../kinds/kind.ts';
import { ApiError, badRequest, forbiddenValue } from '../registry/api-error.ts';
import { inVersion, type ObjectRegistry } from '../registry/object-registry.ts';
import { parseFieldSelector, parseLabelSelector } from '../registry/selectors.ts';
import type { Change, ObjectStore, RangeQuery, Stored } from '../store/object-store.ts';
import { integerParameter, isTrue, optionsInvalid, type ResourceExchange } from './exchange.ts';
import { type Projector, projectorFor } from './projector.ts';

const slowReaderMilliseconds = 30_000;
const bookmarkMilliseconds = 60_000;
const batch = 100;

interface InitialEvents {
  objects: Iterable<Stored> | undefined;
  /** Whether a bookmark tells that they are over. */
  bookmark: boolean;
}

/**
 * One watch. What it has not sent yet stays in the store: a reader that is slow holds no memory, and one that takes nothing
 * for half a minute is cut off.
 */
export class WatchSession {
  readonly #exchange: ResourceExchange;
  readonly #registry: ObjectRegistry;
  readonly #projector: Projector;
  readonly #matches: (object: KubeObject) => boolean;
  readonly #bookmarks: boolean;
  /** The revision up to which everything is sent. */
  #cursor: number;
  #blocked = false;
  #ended = false;
  #slow: NodeJS.Timeout | undefined;
  readonly #stops: (() => void)[] = [];

  constructor(exchange: ResourceExchange, registry: ObjectRegistry) {
    const { query, kind } = exchange;
    this.#exchange = exchange;
    this.#registry = registry;
    this.#projector = projectorFor(exchange, registry.clock.now().getTime());
    const labels = parseLabelSelector(query.get('labelSelector') ?? undefined);
    const fields = parseFieldSelector(kind, query.get('fieldSelector') ?? undefined);
    const { name, namespace } = exchange;
    this.#matches = (object) =>
      (!name || object.metadata.name === name) &&
      (!namespace || object.metadata.namespace === namespace) &&
      (labels?.(object) ?? true) &&
      (fields?.matches(object) ?? true);
    this.#bookmarks = isTrue(query, 'allowWatchBookmarks');
    this.#cursor = registry.store.revision;
  }

  start(): void {
    const { query, response, kind } = this.#exchange;
    const initial = this.#initialEvents(query);
    const timeout = integerParameter(query, 'timeoutSeconds') ?? Math.round(1800 + Math.random() * 1800);
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
    response.flushHeaders();
    response.on('close', () => this.#end());
    this.#timer(setTimeout(() => this.#finish(), Math.max(1, timeout) * 1000));
    const stopListening = this.#registry.onChange(kind.storageKey, (change) => {
      if (!this.#blocked) this.#send(change);
    });
    this.#stops.push(stopListening);
    void this.#begin(initial);
  }

  async #begin({ objects, bookmark }: InitialEvents): Promise<void> {
    try {
      if (objects) await this.#sendPresent(objects);
      if (this.#ended) return;
      if (bookmark) this.#bookmark({ 'k8s.io/initial-events-end': 'true' });
      this.#catchUp();
      if (this.#bookmarks && !this.#ended) this.#announceBookmarks();
    } catch {
      // The client begins again.
      this.#exchange.response.destroy();
    }
  }

  /** Changes wait in the store until the present state is out. */
  async #sendPresent(objects: Iterable<Stored>): Promise<void> {
    this.#blocked = true;
    for (const { object } of objects) {
      if (this.#ended) return;
      if (this.#matches(object) && !this.#write('ADDED', object)) await this.#drained();
    }
    this.#blocked = false;
  }

  #announceBookmarks(): void {
    let announced = this.#cursor;
    const timer = setInterval(() => {
      const { revision } = this.#registry.store;
      if (this.#blocked || revision === announced) return;
      this.#cursor = revision;
      announced = revision;
      this.#bookmark();
    }, bookmarkMilliseconds);
    this.#timer(timer);
  }

  #initialEvents(query: URLSearchParams): InitialEvents {
    const given = query.get('resourceVersion') ?? '';
    const asked = query.get('sendInitialEvents');
    if (asked !== null && query.get('resourceVersionMatch') !== 'NotOlderThan') {
      throw optionsInvalid(
        'ListOptions',
        forbiddenValue(
          'resourceVersionMatch',
          'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
        ),
      );
    }
    if (!/^[0-9]*$/.test(given)) {
      throw badRequest(`resourceVersion: Invalid value: ${JSON.stringify(given)}: invalid syntax`);
    }
    const wanted = asked === null ? given === '' || given === '0' : asked === 'true';
    if (!wanted) {
      if (given !== '' && given !== '0') this.#cursor = Number(given);
      return { objects: undefined, bookmark: false };
    }
    const { kind, namespace } = this.#exchange;
    const range = { resource: kind.storageKey, ...(namespace ? { namespace } : {}) };
    const objects = inPages(this.#registry.store, { ...range, at: this.#cursor });
    return { objects, bookmark: asked === 'true' && this.#bookmarks };
  }

  #catchUp(): void {
    try {
      while (!this.#blocked && !this.#ended) {
        const changes = this.#registry.store.changes(this.#exchange.kind.storageKey, this.#cursor, batch);
        if (changes.length === 0) return;
        for (const change of changes) {
          if (this.#blocked) return;
          this.#send(change);
        }
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#exchange.response.write(`${JSON.stringify({ type: 'ERROR', object: error.toStatus() })}\n`);
      this.#finish();
    }
  }

  #send(change: Change): void {
    if (this.#ended || change.revision <= this.#cursor) return;
    this.#cursor = change.revision;
    const type = this.#typeFor(change);
    if (!type || this.#write(type, change.current.object)) return;
    this.#blocked = true;
    void this.#goOn();
  }

  async #goOn(): Promise<void> {
    await this.#drained();
    this.#blocked = false;
    try {
      this.#catchUp();
    } catch {
      // The store cannot be read: the client begins again.
      this.#exchange.response.destroy();
    }
  }

  /** An object that begins or ceases to match a selector appears or disappears for this watch. */
  #typeFor({ type, current, previous }: Change): Change['type'] | undefined {
    const before = type !== 'ADDED' && previous !== undefined && this.#matches(previous.object);
    const now = type !== 'DELETED' && this.#matches(current.object);
    if (now) return before ? 'MODIFIED' : 'ADDED';
    return before ? 'DELETED' : undefined;
  }

  /** False when the reader is behind. */
  #write(type: string, object: KubeObject): boolean {
    const shown = this.#projector.event(inVersion(this.#exchange.kind, object));
    return this.#exchange.response.write(`${JSON.stringify({ type, object: shown })}\n`);
  }

  #bookmark(annotations?: Record<string, string>): void {
    const { kind, response } = this.#exchange;
    const object = {
      kind: kind.kind,
      apiVersion: apiVersionOf(kind),
      metadata: {
        resourceVersion: String(this.#cursor),
        creationTimestamp: null,
        ...(annotations ? { annotations } : {}),
      },
    } as unknown as KubeObject;
    const shown = this.#projector.plain ? object : this.#projector.event(object);
    response.write(`${JSON.stringify({ type: 'BOOKMARK', object: shown })}\n`);
  }

  #drained(): Promise<void> {
    const { response } = this.#exchange;
    this.#slow = setTimeout(() => response.destroy(), slowReaderMilliseconds);
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(this.#slow);
        response.off('drain', done);
        response.off('close', done);
        resolve();
      };
      response.on('drain', done);
      response.on('close', done);
    });
  }

  #timer(timer: NodeJS.Timeout): void {
    timer.unref();
    this.#stops.push(() => clearTimeout(timer));
  }

  #finish(): void {
    this.#end();
    this.#exchange.response.end();
  }

  #end(): void {
    this.#ended = true;
    clearTimeout(this.#slow);
    for (const stop of this.#stops.splice(0)) stop();
  }
}

/** A range read piece by piece: a slow reader holds no more than one piece. */
function* inPages(store: ObjectStore, range: RangeQuery): Iterable<Stored> {
  let page: Stored[] = [];
  do {
    const last = page.at(-1)?.object.metadata;
    const after = last ? { after: { namespace: last.namespace ?? '', name: last.name } } : {};
    page = [...store.range({ ...range, ...after, limit: batch })];
    yield* page;
  } while (page.length === batch);
}
