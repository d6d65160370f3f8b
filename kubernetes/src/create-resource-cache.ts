import type { KubeObject } from '@backstay/shared';
import { listAll } from './cache/list-all.ts';
import { createObjectStore, type ObjectStore } from './cache/object-store.ts';
import { type CacheTiming, defaultTiming, retryPause } from './cache/timing.ts';
import { KubeError } from './kube-client.ts';
import type { CacheChange, ResourceCache, ResourceCacheOptions } from './resource-cache.ts';

const pageSize = 500;
/** A watch that fails this often in a row may fail because of where it starts: list again. */
const failuresBeforeRelist = 3;

interface Contact {
  failures: number;
  /** Of the last answer. */
  at: number;
}

interface Reflector<T extends KubeObject> {
  options: ResourceCacheOptions<T>;
  timing: CacheTiming;
  store: ObjectStore<T>;
  contact: Contact;
  signal: AbortSignal;
  announce(changes: readonly CacheChange<T>[]): void;
  onSynced(): void;
}

const orAborted = <R>(work: Promise<R>, signal: AbortSignal): Promise<R> =>
  new Promise((resolve, reject) => {
    const onAbort = (): void => reject(new Error('stopped'));
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });

const withoutManagedFields = <T extends KubeObject>(object: T): T => {
  const { managedFields, ...metadata } = object.metadata;
  return managedFields === undefined ? object : { ...object, metadata };
};

const keeper = <T extends KubeObject>({ transform }: ResourceCacheOptions<T>): ((object: T) => T) =>
  transform === undefined ? withoutManagedFields : (object) => transform(withoutManagedFields(object));

const relist = async <T extends KubeObject>(reflector: Reflector<T>): Promise<string> => {
  const { client, type, namespace, labelSelector } = reflector.options;
  const { items, resourceVersion } = await orAborted(
    listAll<T>((page) => client.list(type, { namespace, labelSelector, ...page }), pageSize, keeper(reflector.options)),
    reflector.signal,
  );
  reflector.contact.at = reflector.timing.now();
  const changes = reflector.store.replaceAll(items);
  reflector.onSynced();
  reflector.announce(changes);
  return resourceVersion;
};

/** Ends on its own when a watch is over or silent for too long; tells where it got to through `moved`. */
const watchOnce = async <T extends KubeObject>(
  reflector: Reflector<T>,
  from: string,
  moved: (resourceVersion: string) => void,
): Promise<void> => {
  const { options, timing, store, contact } = reflector;
  const { client, type, namespace, labelSelector } = options;
  const timeoutSeconds = Math.max(1, Math.round(timing.watchSeconds * (1 - timing.random() / 5)));
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), timeoutSeconds * 1000 + timing.graceMs);
  const signal = AbortSignal.any([reflector.signal, silence.signal]);
  const onOpen = (): void => {
    contact.failures = 0;
    contact.at = timing.now();
  };
  const keep = keeper(options);
  try {
    const query = { namespace, labelSelector, resourceVersion: from, timeoutSeconds, signal, onOpen };
    for await (const event of client.watch(type, query)) {
      onOpen();
      if (event.type === 'BOOKMARK') {
        moved(event.object.metadata.resourceVersion ?? from);
        continue;
      }
      const object = keep(event.object);
      moved(object.metadata.resourceVersion ?? from);
      reflector.announce(event.type === 'DELETED' ? store.remove(object) : store.put(object));
    }
  } finally {
    clearTimeout(timer);
  }
  if (silence.signal.aborted && !reflector.signal.aborted) {
    throw new KubeError(0, `The watch of ${type.plural} is silent; starting it again.`, { reason: 'Unreachable' });
  }
  contact.at = timing.now();
};

const run = async <T extends KubeObject>(reflector: Reflector<T>): Promise<void> => {
  const { timing, contact, signal } = reflector;
  let version: string | undefined;
  while (!signal.aborted) {
    const startedAt = timing.now();
    try {
      version ??= await relist(reflector);
      await watchOnce(reflector, version, (reached) => {
        version = reached;
      });
    } catch (error) {
      if (signal.aborted) {
        return;
      }
      contact.failures += 1;
      reflector.options.onError?.(error);
      const expired = error instanceof KubeError && error.status === 410;
      if (expired || contact.failures % failuresBeforeRelist === 0) {
        version = undefined;
      }
    }
    const soonest = timing.retryBaseMs - (timing.now() - startedAt);
    const pause = contact.failures > 1 ? retryPause(contact.failures - 1, timing) : 0;
    await timing.sleep(Math.max(soonest, pause, 0), signal);
  }
};

const createAnnouncer = <T extends KubeObject>(onError: (error: unknown) => void) => {
  const handlers = new Set<(change: CacheChange<T>) => void>();
  const call = (handler: (change: CacheChange<T>) => void, change: CacheChange<T>): void => {
    try {
      handler(change);
    } catch (error) {
      onError(error);
    }
  };
  return {
    add: (handler: (change: CacheChange<T>) => void, present: readonly T[]): (() => void) => {
      for (const object of present) {
        call(handler, { type: 'added', object });
      }
      handlers.add(handler);
      return () => {
        handlers.delete(handler);
      };
    },
    announce: (changes: readonly CacheChange<T>[]): void => {
      for (const change of changes) {
        for (const handler of [...handlers]) {
          call(handler, change);
        }
      }
    },
  };
};

/** Starts at once. */
export const createResourceCache = <T extends KubeObject>(options: ResourceCacheOptions<T>): ResourceCache<T> => {
  const timing = { ...defaultTiming, ...options.timing };
  const store = createObjectStore<T>();
  const announcer = createAnnouncer<T>((error) => options.onError?.(error));
  const contact: Contact = { failures: 0, at: timing.now() };
  const stopping = new AbortController();
  const { promise: synced, resolve: onSynced } = Promise.withResolvers<void>();
  let complete = false;
  const reflector: Reflector<T> = {
    options,
    timing,
    store,
    contact,
    signal: stopping.signal,
    announce: announcer.announce,
    onSynced: () => {
      complete = true;
      onSynced();
    },
  };
  const running = run(reflector);
  const deadlineMs = timing.watchSeconds * 1000 + timing.graceMs;
  return {
    synced,
    get fresh() {
      return complete && contact.failures < 2 && timing.now() - contact.at <= deadlineMs;
    },
    get: store.get,
    list: store.list,
    onChange: (handler) => announcer.add(handler, store.list()),
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
};
