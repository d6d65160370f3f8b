import { formatTop } from './format.ts';
import type { TemplateFunction } from './functions.ts';
import type { Branch, Command, Node, Operand, ParsedTemplate, Pipeline } from './nodes.ts';
import { positionAt, TemplateError, ValueError } from './template-error.ts';
import { goType, isList, isMap, isTrue, kindOf, sortedKeys, type Value } from './values.ts';

/** What stops a template that would run or print for ever. */
export interface Limits {
  readonly steps: number;
  readonly characters: number;
  readonly depth: number;
}

export const defaultLimits: Limits = { steps: 5_000_000, characters: 32 * 1024 * 1024, depth: 200 };

interface Variable {
  readonly name: string;
  value: Value;
  /** It stands for what a range goes over. */
  element?: boolean;
}
type Variables = Variable[];
/** Where a node runs: what `.` is, and which variables it sees. */
interface Frame {
  readonly dot: Value;
  readonly variables: Variables;
}
type Flow = 'next' | 'break' | 'continue';
/** Stands for "no value was piped in"; nil can be piped. */
const nothing = Symbol('nothing');
type Piped = Value | typeof nothing;

export class Evaluator {
  private readonly template: ParsedTemplate;
  private readonly functions: Readonly<Record<string, TemplateFunction>>;
  private readonly limits: Limits;
  private readonly output: string[] = [];
  private steps = 0;
  private characters = 0;
  private depth = 0;

  constructor(template: ParsedTemplate, functions: Readonly<Record<string, TemplateFunction>>, limits: Limits) {
    this.template = template;
    this.functions = functions;
    this.limits = limits;
  }

  run(data: Value): string {
    this.walk(this.template.root, { dot: data, variables: [{ name: '$', value: data }] });
    return this.output.join('');
  }

  private fail(reason: string, at: number): never {
    throw new TemplateError(reason, positionAt(this.template.source, at));
  }

  private step(at: number): void {
    if (++this.steps > this.limits.steps) this.fail('the template runs for too long', at);
  }

  private print(text: string, at: number): void {
    this.characters += text.length;
    if (this.characters > this.limits.characters) this.fail('the template prints too much', at);
    this.output.push(text);
  }

  private walk(nodes: readonly Node[], frame: Frame): Flow {
    for (const node of nodes) {
      const flow = this.node(node, frame);
      if (flow !== 'next') return flow;
    }
    return 'next';
  }

  private node(node: Node, frame: Frame): Flow {
    this.step(node.at);
    switch (node.kind) {
      case 'text':
        this.print(node.text, node.at);
        return 'next';
      case 'action': {
        const value = this.pipeline(node.pipeline, frame);
        if (node.pipeline.variables.length === 0) this.print(formatTop(value), node.at);
        return 'next';
      }
      case 'template':
        this.call(node, frame);
        return 'next';
      case 'break':
      case 'continue':
        return node.kind;
      default:
        return this.branch(node, frame);
    }
  }

  private branch(node: Branch, frame: Frame): Flow {
    const mark = frame.variables.length;
    try {
      if (node.kind === 'range') return this.range(node, frame);
      const value = this.pipeline(node.pipeline, frame);
      if (!isTrue(value)) return this.walk(node.otherwise, frame);
      return this.walk(node.body, node.kind === 'with' ? { ...frame, dot: value } : frame);
    } finally {
      frame.variables.length = mark;
    }
  }

  private call(node: Extract<Node, { kind: 'template' }>, frame: Frame): void {
    const body = this.template.definitions.get(node.name);
    if (!body) this.fail(`template "${node.name}" not defined`, node.at);
    if (this.depth >= this.limits.depth) this.fail(`templates call each other too deeply at "${node.name}"`, node.at);
    const dot = node.pipeline ? this.pipeline(node.pipeline, frame) : null;
    this.depth++;
    this.walk(body, { dot, variables: [{ name: '$', value: dot }] });
    this.depth--;
  }

  private range(node: Branch, frame: Frame): Flow {
    const { pipeline } = node;
    // In the else branch the variables stand for the whole, as in Go.
    const value = this.pipeline(pipeline, frame);
    const mark = frame.variables.length;
    let empty = true;
    for (const [key, item] of this.items(value, pipeline)) {
      empty = false;
      this.step(node.at);
      frame.variables.length = mark;
      this.assignLoop(pipeline, frame.variables, { key, item });
      const flow = this.walk(node.body, { ...frame, dot: item });
      if (flow === 'break') return 'next';
    }
    frame.variables.length = mark;
    return empty ? this.walk(node.otherwise, frame) : 'next';
  }

  private assignLoop(pipeline: Pipeline, variables: Variables, { key, item }: { key: Value; item: Value }): void {
    const [first, second] = pipeline.variables;
    if (first === undefined) return;
    const loop = { pipeline, variables, element: true };
    this.bind({ ...loop, name: first }, second === undefined ? item : key);
    if (second !== undefined) this.bind({ ...loop, name: second }, item);
  }

  private *items(value: Value, { at, variables }: Pipeline): Generator<[Value, Value]> {
    if (value === null) return;
    if (isList(value)) yield* value.entries();
    else if (isMap(value)) for (const key of sortedKeys(value)) yield [key, value[key] ?? null];
    else if (kindOf(value) === 'int') {
      if (variables.length > 1) this.fail(`can't use ${String(value)} to iterate over more than one variable`, at);
      for (let index = 0; index < Number(value); index++) yield [index, index];
    } else this.fail(`range can't iterate over ${formatTop(value)}`, at);
  }

  private bind(
    { pipeline, variables, name, element }: Omit<Variable, 'value'> & { pipeline: Pipeline; variables: Variables },
    value: Value,
  ): void {
    if (!pipeline.assign) {
      variables.push({ name, value, element });
      return;
    }
    const variable = variables.findLast((one) => one.name === name);
    if (!variable) this.fail(`undefined variable "${name}"`, pipeline.at);
    Object.assign(variable, { value, element });
  }

  private pipeline(pipeline: Pipeline, frame: Frame): Value {
    const value = this.commands(pipeline, frame);
    for (const name of pipeline.variables) this.bind({ pipeline, variables: frame.variables, name }, value);
    return value;
  }

  private commands(pipeline: Pipeline, frame: Frame): Value {
    const result = pipeline.commands.reduce<Piped>((piped, command) => this.command(command, frame, piped), nothing);
    return result === nothing ? null : result;
  }

  private command(command: Command, frame: Frame, piped: Piped): Value {
    const [first, ...args] = command;
    this.step(first.at);
    if (first.kind === 'function') return this.invoke(first, { args, frame, piped });
    if (args.length > 0 || piped !== nothing) this.refuseArguments(first, args, frame);
    if (first.kind === 'nil') this.fail('nil is not a command', first.at);
    return this.operand(first, frame);
  }

  private refuseArguments(first: Operand, args: readonly Operand[], frame: Frame): never {
    const value = this.operand(first, frame);
    const what = args.length > 0 ? 'arguments' : 'a piped value';
    return this.fail(`can't give ${what} to a value of type ${goType(value)}`, first.at);
  }

  private operand(operand: Operand, frame: Frame): Value {
    switch (operand.kind) {
      case 'literal':
        return operand.value;
      case 'nil':
        return null;
      case 'dot':
        return frame.dot;
      case 'field':
        return this.fields(frame.dot, operand.path, operand.at);
      case 'variable':
        return this.fields(this.variable(operand, frame).value, operand.path, operand.at);
      case 'chain':
        return this.fields(this.operand(operand.base, frame), operand.path, operand.at);
      case 'pipeline':
        return this.pipeline(operand.pipeline, frame);
      default:
        return this.invoke(operand, { args: [], frame, piped: nothing });
    }
  }

  private variable(operand: Extract<Operand, { kind: 'variable' }>, frame: Frame): Variable {
    const variable = frame.variables.findLast((one) => one.name === operand.name);
    if (!variable) this.fail(`undefined variable "${operand.name}"`, operand.at);
    return variable;
  }

  private fields(base: Value, path: readonly string[], at: number): Value {
    let value = base;
    for (const name of path) {
      if (value === null) this.fail(`nil pointer evaluating interface {}.${name}`, at);
      if (!isMap(value)) this.fail(`can't evaluate field ${name} in type ${goType(value)}`, at);
      if (!Object.hasOwn(value, name)) this.fail(`map has no entry for key "${name}"`, at);
      value = value[name] ?? null;
    }
    return value;
  }

  private invoke(
    operand: Extract<Operand, { kind: 'function' }>,
    { args, frame, piped }: { args: readonly Operand[]; frame: Frame; piped: Piped },
  ): Value {
    if (operand.name === 'and' || operand.name === 'or') return this.logic(operand, { args, frame, piped });
    const definition = this.functions[operand.name];
    if (!definition) this.fail(`function "${operand.name}" not defined`, operand.at);
    const count = args.length + (piped === nothing ? 0 : 1);
    const [least, most] = definition.arity;
    if (count < least || count > most)
      this.fail(
        `wrong number of args for ${operand.name}: want ${least === most ? '' : 'at least '}${least} got ${count}`,
        operand.at,
      );
    const values = args.map((arg, index) => {
      const value = this.operand(arg, frame);
      return value === null && definition.mapAt === index && this.isUntyped(arg, frame) ? {} : value;
    });
    return this.guard(operand, () => definition.call(piped === nothing ? values : [...values, piped]));
  }

  /** An untyped nil is an empty map where a map is wanted. A member or an element that is nil has a type, which is none of a map. */
  private isUntyped(operand: Operand, frame: Frame): boolean {
    if (operand.kind === 'variable') return operand.path.length === 0 && !this.variable(operand, frame).element;
    return operand.kind === 'nil' || operand.kind === 'pipeline';
  }

  private guard(operand: Extract<Operand, { kind: 'function' }>, action: () => Value): Value {
    try {
      const value = action();
      if (typeof value === 'string' && value.length > this.limits.characters)
        this.fail(`${operand.name} makes too long a text`, operand.at);
      return value;
    } catch (error) {
      if (error instanceof ValueError) this.fail(`error calling ${operand.name}: ${error.message}`, operand.at);
      throw error;
    }
  }

  /** Stops at the first argument that decides. */
  private logic(
    operand: Extract<Operand, { kind: 'function' }>,
    { args, frame, piped }: { args: readonly Operand[]; frame: Frame; piped: Piped },
  ): Value {
    if (args.length === 0 && piped === nothing)
      this.fail(`wrong number of args for ${operand.name}: want at least 1 got 0`, operand.at);
    let value: Value = null;
    for (const arg of args) {
      value = this.operand(arg, frame);
      if (isTrue(value) === (operand.name === 'or')) return value;
    }
    return piped === nothing ? value : piped;
  }
}
