import { positionAt, TemplateError } from './template-error.ts';

export type TokenKind =
  | 'text'
  | 'left'
  | 'right'
  | 'space'
  | 'string'
  | 'char'
  | 'number'
  | 'identifier'
  | 'keyword'
  | 'field'
  | 'variable'
  | 'dot'
  | 'punctuation';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Offset in the source. */
  readonly at: number;
}

const keywords = new Set('if else end range with define template block break continue nil true false'.split(' '));
const wordCharacter = /[\p{L}\p{Nd}_]/u;
const spaceAfter = /^[ \t\r\n]+/;
const number =
  /[+-]?(?:0[xX][0-9a-fA-F_]+(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]+)?|0[bB][01_]+|0[oO][0-7_]+|(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9_]+)(?:[eE][+-]?[0-9_]+)?)/y;
/** Not by a regular expression: one that looks for spaces at the end takes quadratic time on a long run of spaces within. */
const withoutSpaceBefore = (text: string): string => {
  let end = text.length;
  while (end > 0 && ' \t\r\n'.includes(text.charAt(end - 1))) end--;
  return text.slice(0, end);
};
const word = /[\p{L}\p{Nd}_]+/uy;
const interpreted = /"(?:\\[^\n]|[^"\\\n])*"/y;
const raw = /`[^`]*`/y;
const character = /'(?:\\[^\n]|[^'\\\n])+'/y;

/** Splits a template into text and the tokens of its actions. Trim markers and comments are gone afterwards. */
export const tokenize = (source: string): Token[] => new Lexer(source).run();

class Lexer {
  private readonly tokens: Token[] = [];
  private readonly source: string;
  private at = 0;
  private trimNext = false;
  private parentheses = 0;

  constructor(source: string) {
    this.source = source;
  }

  run(): Token[] {
    while (this.at < this.source.length) {
      const open = this.source.indexOf('{{', this.at);
      this.text(open < 0 ? this.source.length : open);
      if (open >= 0) this.action(open);
    }
    return this.tokens;
  }

  private fail(reason: string, at: number): never {
    throw new TemplateError(reason, positionAt(this.source, at));
  }

  private push(kind: TokenKind, text: string, at: number): void {
    this.tokens.push({ kind, text, at });
  }

  private text(end: number): void {
    let text = this.source.slice(this.at, end);
    if (this.trimNext) text = text.replace(spaceAfter, '');
    this.trimNext = false;
    if (/^\{\{-[ \t\r\n]/.test(this.source.slice(end, end + 4))) text = withoutSpaceBefore(text);
    if (text !== '') this.push('text', text, this.at);
    this.at = end;
  }

  private action(open: number): void {
    const trimmed = /^-[ \t\r\n]/.test(this.source.slice(open + 2, open + 4));
    this.at = open + (trimmed ? 4 : 2);
    if (this.source.startsWith('/*', this.at)) {
      this.comment(open);
      return;
    }
    this.push('left', '{{', open);
    this.parentheses = 0;
    while (!this.closed()) this.inside(open);
  }

  private comment(open: number): void {
    const end = this.source.indexOf('*/', this.at);
    if (end < 0) this.fail('unclosed comment', open);
    this.at = end + 2;
    if (!this.endDelimiter()) this.fail('comment ends before closing delimiter', open);
  }

  /** Steps over `}}` or ` -}}` when it stands here. */
  private endDelimiter(): boolean {
    const match = /^(?:[ \t\r\n]-)?\}\}/.exec(this.source.slice(this.at, this.at + 4));
    if (!match) return false;
    this.trimNext = match[0].length === 4;
    this.at += match[0].length;
    return true;
  }

  private closed(): boolean {
    const start = this.at;
    if (!this.endDelimiter()) return false;
    if (this.parentheses > 0) this.fail('unclosed left paren', start);
    this.push('right', '}}', start);
    return true;
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    return pattern.exec(this.source)?.[0];
  }

  private take(kind: TokenKind, text: string): void {
    this.push(kind, text, this.at);
    this.at += text.length;
  }

  private inside(open: number): void {
    const next = this.source[this.at];
    if (next === undefined) this.fail('unclosed action', open);
    if (' \t\r\n'.includes(next)) this.space();
    else if ('"`\''.includes(next)) this.quoted(next);
    else if (next === '$') this.named('variable', 1);
    else if (next === '.' && !/[0-9]/.test(this.source[this.at + 1] ?? '')) this.dot();
    else if (/[0-9.+-]/.test(next)) this.number();
    else if (wordCharacter.test(this.codePoint())) this.identifier();
    else this.punctuation(next);
  }

  private space(): void {
    const start = this.at;
    while (
      ' \t\r\n'.includes(this.source[this.at] ?? 'x') &&
      !/^[ \t\r\n]-\}\}/.test(this.source.slice(this.at, this.at + 4))
    )
      this.at++;
    if (this.at > start) this.push('space', ' ', start);
  }

  private quoted(quote: string): void {
    const kinds = { '"': interpreted, '`': raw, "'": character } as const;
    const text = this.match(kinds[quote as keyof typeof kinds]);
    if (text === undefined)
      this.fail(`unterminated ${quote === "'" ? 'character constant' : 'quoted string'}`, this.at);
    this.take(quote === "'" ? 'char' : 'string', text);
  }

  private codePoint(): string {
    return String.fromCodePoint(this.source.codePointAt(this.at) ?? 0);
  }

  private named(kind: 'variable' | 'field', prefix: number): void {
    const start = this.at;
    this.at += prefix;
    const name = this.match(word) ?? '';
    this.at += name.length;
    this.terminated(start);
    this.push(kind, this.source.slice(start, this.at), start);
  }

  private dot(): void {
    word.lastIndex = this.at + 1;
    if (word.test(this.source)) this.named('field', 1);
    else this.take('dot', '.');
  }

  private number(): void {
    const text = this.match(number);
    const end = this.at + (text?.length ?? 0);
    if (text === undefined || wordCharacter.test(this.source[end] ?? ' '))
      this.fail(`bad number syntax: ${JSON.stringify(this.source.slice(this.at, end + 1))}`, this.at);
    this.take('number', text);
  }

  private identifier(): void {
    const start = this.at;
    const text = this.match(word) ?? '';
    this.at += text.length;
    this.terminated(start);
    this.push(keywords.has(text) ? 'keyword' : 'identifier', text, start);
  }

  /** A word must be followed by something that can end it. */
  private terminated(start: number): void {
    const next = this.source[this.at];
    if (next === undefined || ' \t\r\n.,|:)('.includes(next) || this.source.startsWith('}}', this.at)) return;
    this.fail(`bad character ${JSON.stringify(this.codePoint())} after ${this.source.slice(start, this.at)}`, this.at);
  }

  private punctuation(next: string): void {
    if (this.source.startsWith(':=', this.at)) {
      this.take('punctuation', ':=');
      return;
    }
    if (!'=|(),'.includes(next)) this.fail(`unexpected ${JSON.stringify(this.codePoint())} in action`, this.at);
    if (next === '(') this.parentheses++;
    if (next === ')' && --this.parentheses < 0) this.fail('unexpected right paren', this.at);
    this.take('punctuation', next);
  }
}
