import { eventRoutes, type LiveChange, liveChangeSchema } from '@backstay/shared';

export type LiveState = 'connecting' | 'live' | 'lost';

export interface LiveEvents {
  readonly state: () => LiveState;
  readonly subscribe: (listener: () => void) => () => void;
  readonly close: () => void;
}

interface Options {
  onChanges: (changes: readonly LiveChange[]) => void;
  onReload: () => void;
  /** Injected in tests. */
  connect?: (url: string) => EventSource;
  /** Milliseconds in which changes are gathered before they reach the page; a burst becomes one render. */
  gatherFor?: number;
}

/** A browser reconnects by itself, except after a refusal (e.g. 502 while the server restarts): then this does. */
const reconnectAfter = 3000;
/** EventSource.CLOSED */
const closed = 2;

export function openLiveEvents(options: Options): LiveEvents {
  const connect = options.connect ?? ((url: string) => new EventSource(url));
  const listeners = new Set<() => void>();
  let state: LiveState = 'connecting';
  let source: EventSource;
  let pending: LiveChange[] = [];
  let flushTimer: ReturnType<typeof setTimeout> | undefined;
  let reconnectTimer: ReturnType<typeof setTimeout> | undefined;
  let gap = false;

  const setState = (next: LiveState): void => {
    if (next === state) return;
    state = next;
    for (const listener of listeners) listener();
  };
  const flush = (): void => {
    flushTimer = undefined;
    const changes = pending;
    pending = [];
    options.onChanges(changes);
  };
  const receive = (event: MessageEvent<string>): void => {
    const change = liveChangeSchema.safeParse(JSON.parse(event.data));
    if (!change.success) {
      options.onReload();
      return;
    }
    pending.push(change.data);
    flushTimer ??= setTimeout(flush, options.gatherFor ?? 50);
  };
  const lost = (): void => {
    setState('lost');
    if (source.readyState !== closed) return;
    gap = true;
    clearTimeout(reconnectTimer);
    reconnectTimer = setTimeout(open, reconnectAfter);
  };
  const opened = (): void => {
    setState('live');
    // A connection that the browser did not resume has no Last-Event-ID: what happened meanwhile is unknown.
    if (gap) options.onReload();
    gap = false;
  };
  const open = (): void => {
    source = connect(eventRoutes.streamEvents.path);
    source.addEventListener('open', opened);
    source.addEventListener('error', lost);
    source.addEventListener('change', receive);
    source.addEventListener('reload', () => options.onReload());
  };
  open();
  return {
    state: () => state,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => {
      clearTimeout(flushTimer);
      clearTimeout(reconnectTimer);
      source.close();
    },
  };
}
