import { waitUntil } from '@backstay/kubernetes/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { createWorkQueue, type Outcome, type WorkQueue, type WorkQueueOptions } from './work-queue.ts';

describe('WorkQueue', () => {
  let queue: WorkQueue;
  afterEach(() => queue.stop());

  const start = (work: (key: string) => Promise<Outcome>, options: Partial<WorkQueueOptions> = {}) => {
    const errors: string[] = [];
    queue = createWorkQueue({ work, concurrency: 2, onError: (key) => errors.push(key), random: () => 0, ...options });
    queue.resume();
    return errors;
  };

  it('works on a key once however often it is added, and again when it is added meanwhile', async () => {
    const done: string[] = [];
    const gate = Promise.withResolvers<void>();
    start(async (key) => {
      done.push(key);
      await gate.promise;
      return 'done';
    });
    for (let index = 0; index < 5; index += 1) {
      queue.add('a');
    }
    expect(done).toEqual(['a']);
    gate.resolve();
    await waitUntil('the second time', () => done.length === 2);
    await queue.pause();
    expect(done).toEqual(['a', 'a']);
  });

  it('works on as many keys at once as it may', async () => {
    let now = 0;
    let most = 0;
    let finished = 0;
    start(async () => {
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
      finished += 1;
      return 'done';
    });
    for (let index = 0; index < 20; index += 1) {
      queue.add(`key-${index}`);
    }
    await waitUntil('all', () => finished === 20);
    expect(most).toBe(2);
  });

  it('tries a failing key again with growing pauses, while others go on', async () => {
    const at: number[] = [];
    const others: string[] = [];
    const work = async (key: string): Promise<Outcome> => {
      if (key !== 'bad') {
        others.push(key);
        return 'done';
      }
      at.push(performance.now());
      throw new Error('bad');
    };
    const errors = start(work, { failure: { baseMs: 20, capMs: 40 } });
    queue.add('bad');
    queue.add('good');
    await waitUntil('four tries', () => at.length >= 4);
    expect(others).toEqual(['good']);
    expect(errors.length).toBeGreaterThanOrEqual(4);
    const gaps = at.slice(1).map((time, index) => time - (at[index] ?? 0));
    expect(gaps[0]).toBeGreaterThanOrEqual(18);
    expect(gaps[1]).toBeGreaterThanOrEqual(38);
    expect(gaps[2]).toBeLessThan(200);
  });

  it('looks at once at a key that waits, when something happened to it', async () => {
    let tries = 0;
    start(
      async () => {
        tries += 1;
        return tries === 1 ? 'retry' : 'done';
      },
      { missing: { baseMs: 60_000, capMs: 60_000 } },
    );
    queue.add('waits');
    await waitUntil('the first try', () => tries === 1);
    queue.add('waits');
    await waitUntil('the second try', () => tries === 2);
  });

  it('does nothing while it is paused, and forgets nothing', async () => {
    let tries = 0;
    start(async () => {
      tries += 1;
      return 'done';
    });
    await queue.pause();
    queue.add('a');
    await new Promise((resolve) => setImmediate(resolve));
    expect(tries).toBe(0);
    queue.resume();
    await waitUntil('the work', () => tries === 1);
  });
});
