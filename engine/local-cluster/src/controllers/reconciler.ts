import type { Logger } from 'pino';
import type { Clock } from './clock.ts';

export interface ReconcilerOptions {
  name: string;
  clock: Clock;
  logger: Logger;
  /** Brings the world of one key in order. Returns after how many milliseconds to look again; undefined: at the next event. */
  reconcile(key: string): number | undefined;
}

export interface Reconciler {
  /** Asks for the key to be reconciled soon; many requests before that become one. */
  enqueue(key: string): void;
  /** Nothing is reconciled after it. */
  stop(): void;
}

const firstRetry = 100;
const lastRetry = 60_000;

/** Reconciles keys one at a time, each on its own turn of the event loop. A key that fails is tried again, ever more slowly. */
export const createReconciler = ({ name, clock, logger, reconcile }: ReconcilerOptions): Reconciler => {
  const queue = new Set<string>();
  const timers = new Map<string, () => void>();
  const failures = new Map<string, number>();
  let turn: NodeJS.Immediate | undefined;
  let stopped = false;

  const enqueue = (key: string): void => {
    if (stopped) {
      return;
    }
    timers.get(key)?.();
    timers.delete(key);
    queue.add(key);
    turn ??= setImmediate(takeTurn);
  };

  const enqueueAfter = (key: string, milliseconds: number): void => {
    timers.get(key)?.();
    timers.set(
      key,
      clock.setTimeout(() => enqueue(key), Math.max(0, milliseconds)),
    );
  };

  const run = (key: string): void => {
    try {
      const again = reconcile(key);
      failures.delete(key);
      if (again !== undefined && !stopped) {
        enqueueAfter(key, again);
      }
    } catch (error) {
      const count = (failures.get(key) ?? 0) + 1;
      failures.set(key, count);
      logger.warn({ controller: name, key, err: error }, 'Reconciling failed; it is tried again');
      enqueueAfter(key, Math.min(lastRetry, firstRetry * 2 ** (count - 1)));
    }
  };

  function takeTurn(): void {
    turn = undefined;
    const [key] = queue;
    if (key === undefined || stopped) {
      return;
    }
    queue.delete(key);
    run(key);
    if (queue.size > 0) {
      turn ??= setImmediate(takeTurn);
    }
  }

  return {
    enqueue,
    stop: () => {
      stopped = true;
      queue.clear();
      for (const cancel of timers.values()) {
        cancel();
      }
      timers.clear();
      clearImmediate(turn);
    },
  };
};
