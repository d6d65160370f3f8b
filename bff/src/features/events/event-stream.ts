import { once } from 'node:events';
import type { Response } from 'express';
import { inScope, type Scope } from '../../identity/access.ts';
import type { ChangeRing, RingEntry } from './change-ring.ts';

/** What the person of a stream may see at this moment. */
export interface Visible {
  schedules: Scope;
  jobs: Scope;
  collections: boolean;
}

export interface EventStreamOptions {
  ring: ChangeRing;
  response: Response;
  lastEventId: string | undefined;
  visible: () => Promise<Visible>;
  /** False once the session is over. */
  isAlive: () => Promise<boolean>;
  /** Aborts when the caller is gone or signed out. */
  signal: AbortSignal;
  heartbeatMilliseconds?: number;
  /** How long a reader may take nothing before it is cut. */
  stallMilliseconds?: number;
}

const batchSize = 100;

/** Writes changes as server-sent events at the reader's pace until somebody ends it. */
export async function streamEvents(options: EventStreamOptions): Promise<void> {
  const { response, ring } = options;
  response.status(200).set({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
  });
  const resumed = options.lastEventId === undefined ? ring.last : ring.sequenceOf(options.lastEventId);
  await new EventStream(options, resumed).run();
}

class EventStream {
  readonly #options: EventStreamOptions;
  #sequence: number;
  #lost: boolean;

  constructor(options: EventStreamOptions, resumed: number | undefined) {
    this.#options = options;
    this.#lost = resumed === undefined;
    this.#sequence = resumed ?? options.ring.last;
  }

  async run(): Promise<void> {
    const { ring, response, signal } = this.#options;
    // The id lets a stream be resumed that was cut before its first change.
    await this.#write(`retry: 2000\n${this.#lost ? '' : this.#frame('ready', '{}', this.#sequence)}`);
    while (!signal.aborted && !response.destroyed) {
      if (await this.#advance()) continue;
      const woken = await this.#wait(ring.changed());
      if (woken || signal.aborted) continue;
      if (!(await this.#options.isAlive())) break;
      await this.#write(': heartbeat\n\n');
    }
    response.end();
  }

  /** True when something was there to be sent. */
  async #advance(): Promise<boolean> {
    const { ring } = this.#options;
    const entries = this.#lost ? undefined : ring.after(this.#sequence, batchSize);
    if (entries === undefined) {
      this.#lost = false;
      this.#sequence = ring.last;
      await this.#write(this.#frame('reload', '{}', this.#sequence));
      return true;
    }
    const last = entries.at(-1);
    if (last === undefined) return false;
    const visible = await this.#options.visible();
    const text = entries
      .filter((entry) => maySee(visible, entry))
      .map((entry) => this.#frame('change', entry.data, entry.sequence));
    this.#sequence = last.sequence;
    if (text.length > 0) await this.#write(text.join(''));
    return true;
  }

  #frame(event: string, data: string, sequence: number): string {
    return `id: ${this.#options.ring.idOf(sequence)}\nevent: ${event}\ndata: ${data}\n\n`;
  }

  async #write(text: string): Promise<void> {
    const { response, signal, stallMilliseconds = 30_000 } = this.#options;
    if (response.destroyed || response.write(text)) return;
    const stalled = AbortSignal.timeout(stallMilliseconds);
    await once(response, 'drain', { signal: AbortSignal.any([signal, stalled]) }).catch(() => response.destroy());
  }

  /** True when `event` came, false after the time of a heartbeat or when the stream is over. */
  async #wait(event: Promise<void>): Promise<boolean> {
    const { signal, heartbeatMilliseconds = 10_000 } = this.#options;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const stop = () => resolve(false);
    const timer = setTimeout(stop, heartbeatMilliseconds);
    signal.addEventListener('abort', stop, { once: true });
    event.then(() => resolve(true), stop);
    const woken = await promise;
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    return woken;
  }
}

function maySee(visible: Visible, entry: RingEntry): boolean {
  if (entry.noun === 'collections') return visible.collections;
  return inScope(visible[entry.noun], entry.namespace ?? '');
}
