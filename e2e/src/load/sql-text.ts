const words =
  'alder amber anchor basin beacon birch bramble bridge canyon cedar cinder clover copper coral delta ember falcon fjord garden harbour hazel heron island ivory jasper juniper kestrel lagoon lantern linden marble meadow mica nectar oriole otter pebble pine quartz raven reef ridge saffron sedge sierra slate sparrow spruce summit thicket thistle timber topaz tundra umber valley violet walnut willow wren yarrow zephyr'.split(
    ' ',
  );
const states = ['new', 'paid', 'packed', 'sent', 'returned'];

/** Rows as a dump of a shop holds them. gzip makes a fifth to a sixth of them; the same seed gives the same rows. */
export class SqlText {
  #state: number;
  #row = 0;
  #rest = '';

  constructor(seed = 1) {
    this.#state = seed;
  }

  /** @param length in bytes */
  next(length: number): Buffer {
    const parts = [this.#rest];
    for (let missing = length - this.#rest.length; missing > 0; ) {
      const row = this.#next();
      parts.push(row);
      missing -= row.length;
    }
    const text = parts.join('');
    this.#rest = text.slice(length);
    return Buffer.from(text.slice(0, length), 'latin1');
  }

  #next(): string {
    this.#row += 1;
    const name = `${this.#word()}.${this.#word()}${this.#below(1000)}`;
    const note = Array.from({ length: 2 + this.#below(8) }, () => this.#word()).join(' ');
    const time = `2026-${this.#two(12, 1)}-${this.#two(28, 1)} ${this.#two(24)}:${this.#two(60)}:${this.#two(60)}`;
    const amount = `${this.#below(10_000)}.${this.#two(100)}`;
    return `INSERT INTO public.orders (id, customer_id, email, state, amount, note, created_at) VALUES (${this.#row}, ${this.#below(1_000_000)}, '${name}@example.org', '${states[this.#below(states.length)]}', ${amount}, '${note}', '${time}.${this.#below(1_000_000)}+00');\n`;
  }

  #word(): string {
    return words[this.#below(words.length)] ?? '';
  }

  #two(limit: number, from = 0): string {
    return String(from + this.#below(limit)).padStart(2, '0');
  }

  #below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1_103_515_245) + 12_345) >>> 0;
    return (this.#state >>> 8) % limit;
  }
}
