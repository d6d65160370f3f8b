const newline = 10;
const space = 32;
/** No timestamp is longer; a line that has no space up to here has none. */
const longestStamp = 64;
const pattern = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)$/;

/** The instant in UTC with nine decimals; undefined when the text is none. Such texts sort as the instants do. */
export function normaliseInstant(text: string): string | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, seconds = '', fraction = '', zone = 'Z'] = match;
  const utc = zone === 'Z' ? seconds : inUtc(`${seconds}${zone}`);
  return utc && `${utc}.${fraction.padEnd(9, '0')}Z`;
}

function inUtc(text: string): string | undefined {
  const milliseconds = Date.parse(text);
  return Number.isNaN(milliseconds) ? undefined : new Date(milliseconds).toISOString().slice(0, 19);
}

/** One nanosecond later. */
function bump(stamp: string): string {
  const nanoseconds = Number(stamp.slice(20, 29)) + 1;
  if (nanoseconds < 1e9) return `${stamp.slice(0, 20)}${String(nanoseconds).padStart(9, '0')}Z`;
  const nextSecond = new Date(Date.parse(`${stamp.slice(0, 19)}Z`) + 1000).toISOString().slice(0, 19);
  return `${nextSecond}.000000000Z`;
}

const firstStamp = '0001-01-01T00:00:00.000000000Z';

/**
 * Rewrites log bytes, lines of `<instant> <text>`, so that every line has an instant of its own, later than the one before:
 * then "after this instant" resumes without a line lost or repeated. Equal instants are told apart by counting nanoseconds
 * up, which gives the same result whenever reading begins at a full second. Holds at most a timestamp, never a line.
 */
export class LineStamps {
  /** Instant of the last line, also of those left out. */
  last: string;
  readonly #since: string | undefined;
  #state: 'start' | 'pass' | 'drop' = 'start';
  #head: Buffer = Buffer.alloc(0);

  /** Lines up to and with `since` are left out. `after`: instants begin later than this one. */
  constructor(options: { since?: string; after?: string } = {}) {
    this.#since = options.since === undefined ? undefined : normaliseInstant(options.since);
    this.last = options.after ?? firstStamp;
  }

  write(chunk: Uint8Array): Buffer {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const out: Buffer[] = [];
    for (let at = 0; at < bytes.length; ) {
      at = this.#state === 'start' ? this.#readHead(bytes, at, out) : this.#readRest(bytes, at, out);
    }
    return Buffer.concat(out);
  }

  /** Ends a line that has no newline: the next container starts on a line of its own. */
  end(): Buffer {
    const out: Buffer[] = [];
    if (this.#state === 'start' && this.#head.length > 0) this.#begin(this.#head, out);
    if (this.#state === 'pass') out.push(Buffer.from('\n'));
    this.#state = 'start';
    this.#head = Buffer.alloc(0);
    return Buffer.concat(out);
  }

  #readHead(bytes: Buffer, from: number, out: Buffer[]): number {
    const wanted = longestStamp - this.#head.length;
    const part = bytes.subarray(from, from + wanted);
    const stop = part.findIndex((byte) => byte === space || byte === newline);
    if (stop === -1) {
      this.#head = Buffer.concat([this.#head, part]);
      if (this.#head.length >= longestStamp) this.#begin(this.#head, out);
      return from + part.length;
    }
    this.#begin(Buffer.concat([this.#head, part.subarray(0, stop)]), out);
    // The separator is written again with the stamp.
    return part[stop] === space && this.#hadStamp ? from + stop + 1 : from + stop;
  }

  #hadStamp = false;

  #begin(head: Buffer, out: Buffer[]): void {
    const found = normaliseInstant(head.toString('latin1'));
    this.#hadStamp = found !== undefined;
    const stamp = found !== undefined && found > this.last ? found : bump(this.last);
    this.last = stamp;
    this.#head = Buffer.alloc(0);
    const isNew = this.#since === undefined || stamp > this.#since;
    this.#state = isNew ? 'pass' : 'drop';
    if (isNew) out.push(Buffer.from(`${stamp} `), found === undefined ? head : Buffer.alloc(0));
  }

  #readRest(bytes: Buffer, from: number, out: Buffer[]): number {
    const end = bytes.indexOf(newline, from);
    const stop = end === -1 ? bytes.length : end + 1;
    if (this.#state === 'pass') out.push(bytes.subarray(from, stop));
    if (end !== -1) this.#state = 'start';
    return stop;
  }
}
