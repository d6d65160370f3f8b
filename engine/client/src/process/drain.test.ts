import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { Drain } from './drain.ts';

it('waits for room, again and again, and leaves no listener behind', async () => {
  const stream = new EventEmitter();
  const drain = new Drain(stream);
  for (let round = 0; round < 3; round++) {
    let passed = false;
    const waiting = drain.wait().then(() => {
      passed = true;
    });
    await Promise.resolve();
    expect([passed, stream.listenerCount('drain')]).toEqual([false, 1]);
    stream.emit('drain');
    await waiting;
    expect(stream.listenerCount('drain')).toBe(0);
  }
  expect(drain.over).toBe(false);
});

it('waits no longer than the stream takes anything', async () => {
  const stream = new EventEmitter();
  const drain = new Drain(stream);
  const waiting = drain.wait();
  drain.end();
  await waiting;
  await drain.wait();
  expect([drain.over, stream.listenerCount('drain')]).toEqual([true, 0]);
});
