/** A template that cannot be parsed or executed. Lines and columns count from 1; columns count characters. */
export class TemplateError extends Error {
  readonly line: number;
  readonly column: number;
  /** The message without the position. */
  readonly reason: string;

  constructor(reason: string, position: { line: number; column: number }) {
    super(`line ${position.line}, column ${position.column}: ${reason}`);
    this.name = 'TemplateError';
    this.reason = reason;
    this.line = position.line;
    this.column = position.column;
  }
}

/** A fault found below the evaluator, which knows no position; the evaluator adds it. */
export class ValueError extends Error {}

/** Turns an offset of `source` into a line and a column. */
export const positionAt = (source: string, offset: number): { line: number; column: number } => {
  const before = source.slice(0, Math.max(0, offset));
  const lastBreak = before.lastIndexOf('\n');
  return { line: before.split('\n').length, column: [...before.slice(lastBreak + 1)].length + 1 };
};
