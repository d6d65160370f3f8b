import type { Token, TokenKind } from './lexer.ts';
import { positionAt, TemplateError, ValueError } from './template-error.ts';

/** The tokens of one template, read one by one, with errors that know where they are. */
export class TokenStream {
  readonly source: string;
  private readonly tokens: readonly Token[];
  private index = 0;

  constructor(source: string, tokens: readonly Token[]) {
    this.source = source;
    this.tokens = tokens;
  }

  peek(): Token | undefined {
    return this.tokens[this.index];
  }

  peekNonSpace(): Token | undefined {
    while (this.is('space')) this.index++;
    return this.peek();
  }

  next(context: string): Token {
    const token = this.tokens[this.index++];
    return token ?? this.fail(`unexpected end of template in ${context}`, this.source.length);
  }

  nextNonSpace(context: string): Token {
    this.peekNonSpace();
    return this.next(context);
  }

  is(kind: TokenKind, text?: string): boolean {
    const token = this.peek();
    return token?.kind === kind && (text === undefined || token.text === text);
  }

  expect(kind: TokenKind, context: string): Token {
    const token = this.nextNonSpace(context);
    return token.kind === kind ? token : this.unexpected(token, context);
  }

  /** Remembers a place to come back to. */
  mark(): number {
    return this.index;
  }

  reset(mark: number): void {
    this.index = mark;
  }

  unexpected(token: Token, context: string): never {
    return this.fail(`unexpected ${JSON.stringify(token.text)} in ${context}`, token.at);
  }

  fail(reason: string, at: number): never {
    throw new TemplateError(reason, positionAt(this.source, at));
  }

  /** Runs what knows no position and gives its fault this one. */
  at<T>(at: number, action: () => T): T {
    try {
      return action();
    } catch (error) {
      if (error instanceof ValueError) this.fail(error.message, at);
      throw error;
    }
  }
}
