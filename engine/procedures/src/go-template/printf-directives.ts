import { kindOf, type Value } from './values.ts';

/** One directive of a format, such as %-5.2f, with what it asks for. */
export interface Directive {
  readonly verb: string;
  readonly plus: boolean;
  readonly minus: boolean;
  readonly sharp: boolean;
  readonly space: boolean;
  readonly zero: boolean;
  /** %#v: as Go source. */
  readonly source: boolean;
  readonly width: number | undefined;
  readonly precision: number | undefined;
}

/** Go takes a wider field for a mistake. */
const widest = 1_000_000;
const flagNames: Record<string, 'plus' | 'minus' | 'sharp' | 'space' | 'zero'> = {
  '+': 'plus',
  '-': 'minus',
  '#': 'sharp',
  ' ': 'space',
  '0': 'zero',
};

/** Reads a format of fmt.Sprintf and the values that it asks for. What is wrong with it becomes text, as in Go. */
export class DirectiveReader {
  private readonly characters: readonly string[];
  private readonly values: readonly Value[];
  private at = 0;
  private next = 0;
  private reordered = false;
  private goodIndex = true;
  private afterIndex = false;

  constructor(format: string, values: readonly Value[]) {
    this.characters = [...format];
    this.values = values;
  }

  /** What no directive has asked for. Undefined when directives chose their values themselves. */
  extra(): readonly Value[] {
    return this.reordered ? [] : this.values.slice(this.next);
  }

  /** The text up to the next directive; undefined at the end. */
  text(): string | undefined {
    if (this.at >= this.characters.length) return undefined;
    const found = this.characters.indexOf('%', this.at);
    const end = found < 0 ? this.characters.length : found;
    const text = this.characters.slice(this.at, end).join('');
    this.at = end;
    return text;
  }

  /** Reads a directive if there is one, and makes it a text by `print`. */
  directive(print: (directive: Directive, value: Value) => string): string {
    if (this.at >= this.characters.length) return '';
    this.at++;
    this.goodIndex = true;
    const faults: string[] = [];
    const flags = this.flags();
    this.index();
    const width = this.width(flags, faults);
    const precision = this.precision(faults);
    if (!this.afterIndex) this.index();
    const verb = this.characters[this.at++];
    const before = faults.join('');
    if (verb === undefined) return `${before}%!(NOVERB)`;
    if (verb === '%') return `${before}%`;
    if (!this.goodIndex) return `${before}%!${verb}(BADINDEX)`;
    if (this.next >= this.values.length) return `${before}%!${verb}(MISSING)`;
    const plain = verb === 'v' || verb === 'w';
    const directive = {
      verb,
      ...flags,
      source: plain && flags.sharp,
      sharp: flags.sharp && !plain,
      plus: flags.plus && !plain,
      width,
      precision,
    };
    return before + print(directive, this.values[this.next++] ?? null);
  }

  private flags() {
    const flags = { plus: false, minus: false, sharp: false, space: false, zero: false };
    for (; ; this.at++) {
      const name = flagNames[this.characters[this.at] ?? ''];
      if (name === undefined) return flags;
      flags[name] = true;
    }
  }

  /** [3]: which value comes next. */
  private index(): void {
    this.afterIndex = false;
    if (this.characters[this.at] !== '[') return;
    this.reordered = true;
    const end = this.characters.indexOf(']', this.at);
    const inside = end < 0 ? '' : this.characters.slice(this.at + 1, end).join('');
    const wanted = /^[0-9]+$/.test(inside) && Number(inside) <= widest ? Number(inside) : undefined;
    this.at = end < 0 ? this.at + 1 : end + 1;
    this.afterIndex = wanted !== undefined;
    if (wanted !== undefined && wanted >= 1 && wanted <= this.values.length) this.next = wanted - 1;
    else this.goodIndex = false;
  }

  private number(): number | undefined {
    const start = this.at;
    while (/^[0-9]$/.test(this.characters[this.at] ?? '')) this.at++;
    if (this.at === start) return undefined;
    const number = Number(this.characters.slice(start, this.at).join(''));
    if (number <= widest) return number;
    this.at = this.characters.length;
    return undefined;
  }

  /** *: the number is a value. */
  private star(): number | undefined {
    this.at++;
    this.afterIndex = false;
    if (this.next >= this.values.length) return undefined;
    const value = this.values[this.next++] ?? null;
    const number = kindOf(value) === 'int' ? Number(value) : Number.NaN;
    return Math.abs(number) <= widest ? number : undefined;
  }

  private width(flags: { minus: boolean; zero: boolean }, faults: string[]): number | undefined {
    if (this.characters[this.at] !== '*') {
      const width = this.number();
      if (this.afterIndex && width !== undefined) this.goodIndex = false;
      return width;
    }
    const width = this.star();
    if (width === undefined) faults.push('%!(BADWIDTH)');
    if (width === undefined || width >= 0) return width;
    flags.minus = true;
    flags.zero = false;
    return -width;
  }

  private precision(faults: string[]): number | undefined {
    if (this.characters[this.at] !== '.' || this.at + 1 >= this.characters.length) return undefined;
    this.at++;
    if (this.afterIndex) this.goodIndex = false;
    this.index();
    if (this.characters[this.at] !== '*') return this.number() ?? 0;
    const precision = this.star();
    if (precision !== undefined && precision >= 0) return precision;
    faults.push('%!(BADPREC)');
    return undefined;
  }
}
