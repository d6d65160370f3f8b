import { expect, it } from 'vitest';
import { createKeyedMutex } from './keyed-mutex.ts';

it('lets work on one thing wait for the work before it, also when that fails, and no other', async () => {
  const { run, isHeld } = createKeyedMutex();
  const gate = Promise.withResolvers<void>();
  const done: string[] = [];
  const first = run('a', async () => {
    await gate.promise;
    done.push('first');
    throw new Error('no');
  });
  const second = run('a', async () => done.push('second'));
  await run('b', async () => done.push('other'));
  expect(done).toEqual(['other']);
  gate.resolve();
  expect([isHeld('a'), isHeld('b')]).toEqual([true, false]);
  await expect(first).rejects.toThrow('no');
  await second;
  expect(done).toEqual(['other', 'first', 'second']);
  expect(isHeld('a')).toBe(false);
});
