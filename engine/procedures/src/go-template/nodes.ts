import type { Value } from './values.ts';

interface At {
  /** Offset in the source. */
  readonly at: number;
}

export type Operand = At &
  (
    | { readonly kind: 'literal'; readonly value: Value }
    | { readonly kind: 'nil' }
    | { readonly kind: 'dot' }
    | { readonly kind: 'field'; readonly path: readonly string[] }
    | { readonly kind: 'variable'; readonly name: string; readonly path: readonly string[] }
    | { readonly kind: 'chain'; readonly base: Operand; readonly path: readonly string[] }
    | { readonly kind: 'function'; readonly name: string }
    | { readonly kind: 'pipeline'; readonly pipeline: Pipeline }
  );

/** The first operand is what is called; the others are its arguments. */
export type Command = readonly [Operand, ...Operand[]];

export interface Pipeline extends At {
  /** Variables that are declared (`:=`) or assigned (`=`). Two only in range. */
  readonly variables: readonly string[];
  readonly assign: boolean;
  readonly commands: readonly Command[];
}

export interface Branch extends At {
  readonly kind: 'if' | 'with' | 'range';
  readonly pipeline: Pipeline;
  readonly body: readonly Node[];
  readonly otherwise: readonly Node[];
}

export type Node =
  | Branch
  | (At & { readonly kind: 'text'; readonly text: string })
  | (At & { readonly kind: 'action'; readonly pipeline: Pipeline })
  | (At & { readonly kind: 'template'; readonly name: string; readonly pipeline: Pipeline | undefined })
  | (At & { readonly kind: 'break' | 'continue' });

export interface ParsedTemplate {
  readonly source: string;
  readonly root: readonly Node[];
  readonly definitions: ReadonlyMap<string, readonly Node[]>;
}
