import { DomainError, type Problem } from '@backstay/shared';

/** A definition, template or key that cannot be rendered. The message is for people and names no value. */
export class ProcedureError extends DomainError {
  constructor(message: string, options: { problems?: readonly Problem[]; cause?: unknown } = {}) {
    super('invalid_input', message, options);
    this.name = 'ProcedureError';
  }
}
