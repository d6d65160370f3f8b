import type { Token } from './lexer.ts';
import { charLiteral, numberLiteral, stringLiteral } from './literals.ts';
import type { Command, Operand, Pipeline } from './nodes.ts';
import type { TokenStream } from './token-stream.ts';

const maximumDepth = 200;

/** Variables that are visible here; the parser checks them as Go does, so an unknown one is an error before anything runs. */
export class Scope {
  private readonly names: string[] = ['$'];

  has(name: string): boolean {
    return this.names.includes(name);
  }

  declare(name: string): void {
    this.names.push(name);
  }

  mark(): number {
    return this.names.length;
  }

  reset(mark: number): void {
    this.names.length = mark;
  }
}

export interface PipelineContext {
  readonly tokens: TokenStream;
  readonly scope: Scope;
  readonly functions: ReadonlySet<string>;
}

/** Parses a pipeline up to and with its end: the closing delimiter, or `)` inside parentheses. */
export const parsePipeline = (context: PipelineContext, name: string, depth = 0): Pipeline => {
  const { tokens } = context;
  const at = tokens.peekNonSpace()?.at ?? tokens.source.length;
  if (depth > maximumDepth) tokens.fail('too many nested parentheses', at);
  const { variables, assign } = parseVariables(context, name);
  const commands: Command[] = [];
  for (;;) {
    const token = tokens.nextNonSpace(name);
    if (depth > 0 ? token.text === ')' && token.kind === 'punctuation' : token.kind === 'right') {
      checkPipeline(context, { commands, at, name });
      return { at, variables, assign, commands };
    }
    tokens.reset(tokens.mark() - 1);
    commands.push(parseCommand(context, name, depth));
  }
};

const nonExecutable = new Set<Operand['kind']>(['literal', 'dot', 'nil']);

const checkPipeline = (
  { tokens }: PipelineContext,
  { commands, at, name }: { commands: Command[]; at: number; name: string },
): void => {
  if (commands.length === 0) tokens.fail(`missing value for ${name}`, at);
  commands.slice(1).forEach((command, index) => {
    if (nonExecutable.has(command[0].kind))
      tokens.fail(`non executable command in pipeline stage ${index + 2}`, command[0].at);
  });
};

const parseVariables = (context: PipelineContext, name: string): { variables: string[]; assign: boolean } => {
  const { tokens } = context;
  tokens.peekNonSpace();
  const start = tokens.mark();
  const variables: string[] = [];
  while (tokens.peekNonSpace()?.kind === 'variable') {
    variables.push(tokens.next(name).text);
    const operator = tokens.peekNonSpace();
    if (operator?.text === ':=' || operator?.text === '=') return finishVariables(context, variables, name);
    if (operator?.text !== ',' || name !== 'range' || variables.length > 1) break;
    tokens.next(name);
  }
  const [, second] = variables;
  if (second !== undefined) tokens.fail('range can only initialize variables', tokens.peek()?.at ?? 0);
  tokens.reset(start);
  return { variables: [], assign: false };
};

const finishVariables = (context: PipelineContext, variables: string[], name: string) => {
  const operator = context.tokens.next(name);
  const assign = operator.text === '=';
  // Also one that is only assigned to: Go finds out when it runs that there is none.
  for (const variable of variables) context.scope.declare(variable);
  return { variables, assign };
};

/** One command: operands with spaces between, up to a pipe or the end. */
const parseCommand = (context: PipelineContext, name: string, depth: number): Command => {
  const { tokens } = context;
  const [first, ...rest] = parseOperands(context, name, depth);
  const next = tokens.peek();
  // Like Go, this lets a pipeline end with a pipe.
  if (next?.text === '|') tokens.next(name);
  else if (!endsCommand(next)) refuse(context, next, name);
  if (!first) return tokens.fail('empty command', next?.at ?? tokens.source.length);
  return [first, ...rest];
};

const parseOperands = (context: PipelineContext, name: string, depth: number): Operand[] => {
  const operands: Operand[] = [];
  for (;;) {
    const operand = parseOperand(context, name, depth);
    if (!operand) return operands;
    operands.push(operand);
    if (!context.tokens.is('space')) return operands;
  }
};

const refuse = ({ tokens }: PipelineContext, next: Token | undefined, name: string): never =>
  next ? tokens.unexpected(next, name) : tokens.fail(`unexpected end of template in ${name}`, tokens.source.length);

const endsCommand = (token: Token | undefined): boolean =>
  token?.kind === 'right' || (token?.kind === 'punctuation' && token.text === ')');

const parseOperand = (context: PipelineContext, name: string, depth: number): Operand | undefined => {
  const { tokens } = context;
  const base = parseTerm(context, name, depth);
  if (!base || !tokens.is('field')) return base;
  const path: string[] = [];
  while (tokens.is('field')) path.push(tokens.next(name).text.slice(1));
  if (base.kind === 'field') return { ...base, path: [...base.path, ...path] };
  if (base.kind === 'variable') return { ...base, path: [...base.path, ...path] };
  if (base.kind === 'literal' || base.kind === 'nil' || base.kind === 'dot')
    tokens.fail('unexpected . after term', base.at);
  return { kind: 'chain', base, path, at: base.at };
};

const parseTerm = (context: PipelineContext, name: string, depth: number): Operand | undefined => {
  const { tokens } = context;
  const token = tokens.peekNonSpace();
  if (!token) return undefined;
  const { at, text } = token;
  if (token.kind === 'punctuation' && text === '(') {
    tokens.next(name);
    return { kind: 'pipeline', pipeline: parsePipeline(context, 'parenthesized pipeline', depth + 1), at };
  }
  const operand = simpleTerm(context, token);
  if (operand) tokens.next(name);
  return operand;
};

const simpleTerm = (context: PipelineContext, { kind, text, at }: Token): Operand | undefined => {
  const { tokens } = context;
  switch (kind) {
    case 'identifier':
      if (!context.functions.has(text)) tokens.fail(`function "${text}" not defined`, at);
      return { kind: 'function', name: text, at };
    case 'dot':
      return { kind: 'dot', at };
    case 'variable':
      if (!context.scope.has(text)) tokens.fail(`undefined variable "${text}"`, at);
      return { kind: 'variable', name: text, path: [], at };
    case 'field':
      return { kind: 'field', path: [text.slice(1)], at };
    case 'keyword':
      return keywordTerm(text, at);
    case 'string':
      return { kind: 'literal', value: tokens.at(at, () => stringLiteral(text)), at };
    case 'char':
      return { kind: 'literal', value: tokens.at(at, () => charLiteral(text)), at };
    case 'number':
      return { kind: 'literal', value: tokens.at(at, () => numberLiteral(text)), at };
    default:
      return undefined;
  }
};

const keywordTerm = (text: string, at: number): Operand | undefined => {
  if (text === 'nil') return { kind: 'nil', at };
  if (text === 'true' || text === 'false') return { kind: 'literal', value: text === 'true', at };
  return undefined;
};
