import { jobRoutes } from '@backstay/shared';
import { callRaw } from '../api.ts';
import { ApiError, hasApiCode } from '../api-error.ts';

export type FollowState =
  | { kind: 'loading' }
  | { kind: 'live' }
  /** The log is complete. */
  | { kind: 'ended' }
  /** The connection was cut; it is tried again. */
  | { kind: 'lost'; message: string }
  | { kind: 'failed'; message: string };

interface Options {
  namespace: string;
  name: string;
  /** Text with whole lines, in order, each line once. */
  onText: (text: string) => void;
  onState: (state: FollowState) => void;
  /** False while more may come: then a stream that ends is opened again. */
  isOver: () => boolean;
  signal: AbortSignal;
  /** Milliseconds before a cut stream is opened again. */
  retryAfter?: number;
}

const instantOf = (line: string): string => line.slice(0, Math.max(0, line.indexOf(' ')));

/** Takes the lines out of a stream and leaves away the ones that an earlier stream gave already. */
class Resumer {
  #partial = '';
  #resuming = false;
  #instant = '';
  #seenAtInstant: string[] = [];

  get since(): string | undefined {
    return this.#instant === '' ? undefined : this.#instant;
  }

  restart(): void {
    this.#partial = '';
    this.#resuming = this.#instant !== '';
  }

  take(text: string): string {
    const joined = this.#partial + text;
    const cut = joined.lastIndexOf('\n') + 1;
    this.#partial = joined.slice(cut);
    if (cut === 0) return '';
    const whole = this.#resuming ? this.#skipKnown(joined.slice(0, cut)) : joined.slice(0, cut);
    if (whole !== '') this.#remember(whole);
    return whole;
  }

  rest(): string {
    const rest = this.#partial;
    this.#partial = '';
    return rest === '' ? '' : `${rest}\n`;
  }

  #skipKnown(text: string): string {
    let start = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      const line = text.slice(start, end);
      const known = Date.parse(instantOf(line)) < Date.parse(this.#instant) || this.#seenAtInstant.includes(line);
      if (!known) {
        this.#resuming = false;
        break;
      }
      start = end + 1;
    }
    return text.slice(start);
  }

  /** Keeps the lines of the newest instant, found from the end: the log may be long, that instant is short. */
  #remember(text: string): void {
    const last = text.slice(text.lastIndexOf('\n', text.length - 2) + 1, -1);
    const instant = instantOf(last);
    if (Number.isNaN(Date.parse(instant))) return;
    if (instant !== this.#instant) this.#seenAtInstant = [];
    this.#instant = instant;
    let end = text.length - 1;
    while (end > 0) {
      const start = text.lastIndexOf('\n', end - 1) + 1;
      const line = text.slice(start, end);
      if (instantOf(line) !== instant) break;
      this.#seenAtInstant.push(line);
      end = start - 1;
    }
  }
}

async function readOnce(options: Options, resumer: Resumer): Promise<void> {
  const { namespace, name, signal } = options;
  const since = resumer.since;
  const response = await callRaw(jobRoutes.getJobLog, {
    params: { namespace, name },
    query: { follow: true, ...(since === undefined ? {} : { since }) },
    signal,
  });
  resumer.restart();
  options.onState({ kind: 'live' });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const part = await reader?.read();
    if (part === undefined || part.done) return;
    const text = resumer.take(part.value);
    if (text !== '') options.onText(text);
  }
}

const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });

const isFinal = (error: unknown): boolean => error instanceof ApiError && !error.retryable;

/** One stream from its start to its end. True when nothing more will come. */
async function attempt(options: Options, resumer: Resumer): Promise<boolean> {
  try {
    await readOnce(options, resumer);
    if (!options.isOver()) return false;
    const rest = resumer.rest();
    if (rest !== '') options.onText(rest);
    options.onState({ kind: 'ended' });
    return true;
  } catch (error) {
    return options.signal.aborted || isHopeless(error, options);
  }
}

function isHopeless(error: unknown, options: Options): boolean {
  // The log of a job that has just been made is not there yet.
  if (hasApiCode(error, 'not_found') && !options.isOver()) return false;
  const final = isFinal(error);
  const message = error instanceof ApiError ? error.message : 'The connection was cut.';
  options.onState({ kind: final ? 'failed' : 'lost', message });
  return final;
}

/** Follows a job's log to its end, over cut connections. Resolves when there is nothing more to come; never rejects. */
export async function followLog(options: Options): Promise<void> {
  const resumer = new Resumer();
  options.onState({ kind: 'loading' });
  while (!options.signal.aborted) {
    if (await attempt(options, resumer)) return;
    await pause(options.retryAfter ?? 1000, options.signal);
  }
}
