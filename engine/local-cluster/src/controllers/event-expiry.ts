import type { Event } from '@backstay/shared';
import type { ControllerContext } from './controller-context.ts';
import { createReconciler } from './reconciler.ts';
import { keyOf, placeOf, remove, resources, splitKey } from './resources.ts';
import { stopAll } from './stop-all.ts';

/** As long as a Kubernetes API server keeps events. */
const keptFor = 3_600_000;

/** Deletes events an hour after they were last told. Returns what stops it. */
export const startEventExpiry = (context: ControllerContext): (() => void) => {
  const { registry, clock } = context;
  const reconcile = (key: string): number | undefined => {
    const { namespace, name } = splitKey(key);
    const event = registry.get(resources.events, namespace, name) as Event | undefined;
    if (event === undefined) {
      return undefined;
    }
    const told = event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp ?? '';
    const left = Date.parse(told) + keptFor - clock.now().getTime();
    if (left > 0) {
      return left;
    }
    remove(registry, resources.events, { place: placeOf(event) });
    return undefined;
  };
  const events = createReconciler({ ...context, name: 'event-expiry', reconcile });
  const stop = registry.subscribe(resources.events, ({ object }) => events.enqueue(keyOf(object)));
  for (const event of registry.list(resources.events).items) {
    events.enqueue(keyOf(event));
  }
  return stopAll([stop, events.stop]);
};
