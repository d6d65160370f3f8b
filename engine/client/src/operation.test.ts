import { expect, it } from 'vitest';
import { Interrupted } from './failure.ts';
import { interruptible, Operation } from './operation.ts';

it('an aborted operation answers at once, and work that fails later disturbs nobody', async () => {
  const operation = new Operation(0);
  let fail = (_error: Error): void => undefined;
  const work = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const first = operation.guard(work);
  operation.abort(new Interrupted('SIGTERM'));
  await expect(first).rejects.toThrow('stopped by SIGTERM');
  const second = operation.guard(work);
  fail(new Error('later'));
  await expect(second).rejects.toThrow('stopped by SIGTERM');
  await expect(operation.guard(Promise.reject(new Error('at once')))).rejects.toThrow('stopped by SIGTERM');
});

it('a silent source does not keep an aborted operation waiting', async () => {
  const operation = new Operation(0);
  async function* silent(): AsyncGenerator<Buffer> {
    yield Buffer.from('x');
    await new Promise(() => undefined);
  }
  const pieces = interruptible(silent(), operation);
  expect((await pieces.next()).value).toEqual(Buffer.from('x'));
  const waiting = pieces.next();
  operation.abort(new Interrupted('SIGINT'));
  await expect(waiting).rejects.toThrow('stopped by SIGINT');
});

it('the first thing that goes wrong is the one that is reported', () => {
  const operation = new Operation(0);
  const cause = new Interrupted('SIGTERM');
  expect(operation.causeOf('other')).toBe('other');
  operation.abort(cause);
  operation.abort(new Interrupted('SIGINT'));
  expect(operation.causeOf(new Error('a consequence'))).toBe(cause);
});
