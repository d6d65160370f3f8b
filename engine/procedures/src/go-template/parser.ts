import { type Token, tokenize } from './lexer.ts';
import { stringLiteral } from './literals.ts';
import type { Branch, Node, ParsedTemplate, Pipeline } from './nodes.ts';
import { type PipelineContext, parsePipeline, Scope } from './pipeline-parser.ts';
import { TokenStream } from './token-stream.ts';

const maximumDepth = 200;

/** How a list of nodes ended: by {{end}}, by {{else}}, or with the template. */
type Ending = { readonly kind: 'end' | 'else' | 'eof'; readonly at: number };

/** Parses a Go text/template. @throws TemplateError with line and column. */
export const parseTemplate = (source: string, functions: ReadonlySet<string>): ParsedTemplate =>
  new Parser(source, functions).run();

const isEmpty = (nodes: readonly Node[]): boolean =>
  nodes.every((node) => node.kind === 'text' && node.text.trim() === '');

class Parser {
  private readonly tokens: TokenStream;
  private readonly functions: ReadonlySet<string>;
  private readonly definitions = new Map<string, readonly Node[]>();
  private scope = new Scope();
  private rangeDepth = 0;
  private depth = 0;

  constructor(source: string, functions: ReadonlySet<string>) {
    this.tokens = new TokenStream(source, tokenize(source));
    this.functions = functions;
  }

  run(): ParsedTemplate {
    const root: Node[] = [];
    const ending = this.list(root, true);
    if (ending.kind !== 'eof') this.tokens.fail(`unexpected {{${ending.kind}}}`, ending.at);
    return { source: this.tokens.source, root, definitions: this.definitions };
  }

  private context(): PipelineContext {
    return { tokens: this.tokens, scope: this.scope, functions: this.functions };
  }

  private pipeline(name: string): Pipeline {
    return parsePipeline(this.context(), name);
  }

  /** Reads nodes into `into` until something ends the list. */
  private list(into: Node[], top = false): Ending {
    for (;;) {
      const token = this.tokens.peek();
      if (!token) return { kind: 'eof', at: this.tokens.source.length };
      this.tokens.next('template');
      if (token.kind === 'text') {
        into.push({ kind: 'text', text: token.text, at: token.at });
        continue;
      }
      const ending = this.action(token, into, top);
      if (ending) return ending;
    }
  }

  private action(open: Token, into: Node[], top: boolean): Ending | undefined {
    const word = this.tokens.peekNonSpace();
    if (word?.kind !== 'keyword') return this.output(open, into);
    switch (word.text) {
      case 'if':
      case 'with':
      case 'range':
        this.tokens.next(word.text);
        into.push(this.branch(word.text, word.at));
        return undefined;
      case 'define':
        if (!top) this.tokens.unexpected(word, 'command');
        this.define(word);
        return undefined;
      case 'block':
        into.push(this.block());
        return undefined;
      case 'template':
        into.push(this.template(word));
        return undefined;
      default:
        return this.word(word, into, open);
    }
  }

  private word(word: Token, into: Node[], open: Token): Ending | undefined {
    switch (word.text) {
      case 'end':
        this.tokens.next('end');
        this.tokens.expect('right', 'end');
        return { kind: 'end', at: word.at };
      case 'else':
        this.tokens.next('else');
        return { kind: 'else', at: word.at };
      case 'break':
      case 'continue':
        this.tokens.next(word.text);
        this.tokens.expect('right', `{{${word.text}}}`);
        if (this.rangeDepth === 0) this.tokens.fail(`{{${word.text}}} outside {{range}}`, word.at);
        into.push({ kind: word.text, at: word.at });
        return undefined;
      default:
        return this.output(open, into);
    }
  }

  private output(open: Token, into: Node[]): undefined {
    into.push({ kind: 'action', pipeline: this.pipeline('command'), at: open.at });
  }

  private branch(kind: Branch['kind'], at: number): Branch {
    if (++this.depth > maximumDepth) this.tokens.fail('too many nested blocks', at);
    const mark = this.scope.mark();
    const pipeline = this.pipeline(kind);
    const body: Node[] = [];
    if (kind === 'range') this.rangeDepth++;
    const ending = this.list(body);
    if (kind === 'range') this.rangeDepth--;
    const otherwise = ending.kind === 'else' ? this.otherwise(kind) : [];
    if (ending.kind === 'eof') this.tokens.fail(`unexpected end of template: {{${kind}}} is never ended`, at);
    this.scope.reset(mark);
    this.depth--;
    return { kind, pipeline, body, otherwise, at };
  }

  /** What follows {{else}}, up to and with the {{end}}. `else if` and `else with` share the end of their parent. */
  private otherwise(parent: Branch['kind']): Node[] {
    const word = this.tokens.peekNonSpace();
    if (word?.kind === 'keyword' && word.text === parent && parent !== 'range') {
      this.tokens.next(parent);
      return [this.branch(parent, word.at)];
    }
    this.tokens.expect('right', 'else');
    const nodes: Node[] = [];
    const ending = this.list(nodes);
    if (ending.kind !== 'end') this.tokens.fail(`expected {{end}}; found {{${ending.kind}}}`, ending.at);
    return nodes;
  }

  private name(context: string): string {
    const token = this.tokens.expect('string', context);
    return this.tokens.at(token.at, () => stringLiteral(token.text));
  }

  private define(word: Token): void {
    this.tokens.next('define');
    const name = this.name('define clause');
    this.tokens.expect('right', 'define clause');
    this.definition(name, word.at);
  }

  /** The body of a define or block: variables and loops of the outside do not reach into it. */
  private definition(name: string, at: number): void {
    const outer = { scope: this.scope, rangeDepth: this.rangeDepth };
    this.scope = new Scope();
    this.rangeDepth = 0;
    if (++this.depth > maximumDepth) this.tokens.fail('too many nested blocks', at);
    const nodes: Node[] = [];
    const ending = this.list(nodes);
    if (ending.kind !== 'end') this.tokens.fail(`unexpected ${ending.kind} in definition of "${name}"`, ending.at);
    this.depth--;
    ({ scope: this.scope, rangeDepth: this.rangeDepth } = outer);
    const known = this.definitions.get(name);
    if (known && !isEmpty(known) && !isEmpty(nodes)) this.tokens.fail(`multiple definition of template "${name}"`, at);
    if (!known || isEmpty(known)) this.definitions.set(name, nodes);
  }

  private block(): Node {
    const { at } = this.tokens.next('block');
    const name = this.name('block clause');
    const pipeline = this.pipeline('block clause');
    this.definition(name, at);
    return { kind: 'template', name, pipeline, at };
  }

  private template(word: Token): Node {
    this.tokens.next('template');
    const name = this.name('template clause');
    if (this.tokens.peekNonSpace()?.kind === 'right') {
      this.tokens.next('template clause');
      return { kind: 'template', name, pipeline: undefined, at: word.at };
    }
    return { kind: 'template', name, pipeline: this.pipeline('template clause'), at: word.at };
  }
}
