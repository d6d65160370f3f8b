import { expect, it } from 'vitest';
import { createTurns } from './turns.ts';

it('lets work on one thing wait for the work before it, also when that fails, and no other', async () => {
  const inTurn = createTurns();
  const gate = Promise.withResolvers<void>();
  const done: string[] = [];
  const first = inTurn('a', async () => {
    await gate.promise;
    done.push('first');
    throw new Error('no');
  });
  const second = inTurn('a', async () => done.push('second'));
  await inTurn('b', async () => done.push('other'));
  expect(done).toEqual(['other']);
  gate.resolve();
  await expect(first).rejects.toThrow('no');
  await second;
  expect(done).toEqual(['other', 'first', 'second']);
});
