import { type LogLevel, levelOf } from './log-level.ts';

/** Lines that arrived together: one string and two typed arrays, not an object a line. */
interface Chunk {
  text: string;
  /** Number of its first line, from 0. */
  first: number;
  /** Where each line starts in `text`; one more entry for the end. Lines end with a newline, which is not part of them. */
  starts: Uint32Array;
  levels: Uint8Array;
}

interface Limits {
  /** Characters that are kept; the oldest go first. */
  maxCharacters: number;
  /** A browser lays out about 33 million pixels at most. */
  maxLines: number;
}

const defaultLimits: Limits = { maxCharacters: 160_000_000, maxLines: 1_500_000 };
/** Small arrivals are joined up to this size, so that a slow log does not make a chunk of each line. */
const joinUpTo = 32_768;

function indexText(text: string, first: number): Chunk {
  const starts: number[] = [0];
  const levels: LogLevel[] = [];
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', end + 1)) {
    levels.push(levelOf(text.slice(starts.at(-1), end)));
    starts.push(end + 1);
  }
  return { text, first, starts: Uint32Array.from(starts), levels: Uint8Array.from(levels) };
}

/** Holds a log of any speed in little memory. Lines are numbered from 0 over the whole log, also after old ones were let go. */
export class LogStore {
  readonly #limits: Limits;
  readonly #chunks: Chunk[] = [];
  #partial = '';
  #characters = 0;
  #end = 0;

  constructor(limits: Partial<Limits> = {}) {
    this.#limits = { ...defaultLimits, ...limits };
  }

  /** Number of the first line that is still kept. */
  get first(): number {
    return this.#chunks[0]?.first ?? this.#end;
  }

  /** One more than the number of the last line. */
  get end(): number {
    return this.#end;
  }

  get size(): number {
    return this.#end - this.first;
  }

  /** Adds text as it arrives; an unfinished last line waits for its end. */
  append(text: string): void {
    const joined = this.#partial + text;
    const cut = joined.lastIndexOf('\n') + 1;
    this.#partial = joined.slice(cut);
    if (cut === 0) return;
    this.#add(joined.slice(0, cut));
    this.#trim();
  }

  /** No more text comes: an unfinished last line counts as a line. */
  close(): void {
    if (this.#partial !== '') this.append('\n');
  }

  line(number: number): string {
    const chunk = this.#chunkOf(number);
    if (chunk === undefined) return '';
    const at = number - chunk.first;
    return chunk.text.slice(chunk.starts[at] ?? 0, (chunk.starts[at + 1] ?? 1) - 1);
  }

  level(number: number): LogLevel {
    const chunk = this.#chunkOf(number);
    return (chunk?.levels[number - chunk.first] ?? 0) as LogLevel;
  }

  #add(text: string): void {
    const last = this.#chunks.at(-1);
    if (last !== undefined && last.text.length + text.length <= joinUpTo) this.#join(last, text);
    else this.#chunks.push(indexText(text, this.#end));
    const newest = this.#chunks.at(-1);
    if (newest !== undefined) this.#end = newest.first + newest.levels.length;
    this.#characters += text.length;
  }

  #join(last: Chunk, text: string): void {
    const more = indexText(text, this.#end);
    const shift = last.text.length;
    const starts = new Uint32Array(last.starts.length + more.levels.length);
    starts.set(last.starts);
    starts.set(
      more.starts.subarray(1).map((start) => start + shift),
      last.starts.length,
    );
    const levels = new Uint8Array(last.levels.length + more.levels.length);
    levels.set(last.levels);
    levels.set(more.levels, last.levels.length);
    Object.assign(last, { text: last.text + text, starts, levels });
  }

  #trim(): void {
    while (
      this.#chunks.length > 1 &&
      (this.#characters > this.#limits.maxCharacters || this.size > this.#limits.maxLines)
    ) {
      this.#characters -= this.#chunks.shift()?.text.length ?? 0;
    }
  }

  #chunkOf(number: number): Chunk | undefined {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#chunks[middle]?.first ?? 0) <= number) low = middle;
      else high = middle - 1;
    }
    const chunk = this.#chunks[low];
    return chunk !== undefined && number >= chunk.first && number < this.#end ? chunk : undefined;
  }
}
