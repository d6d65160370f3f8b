/** An object exists, but what it says cannot be used. The message is for operators: it names no secret. */
export class MisconfiguredError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MisconfiguredError';
  }
}
