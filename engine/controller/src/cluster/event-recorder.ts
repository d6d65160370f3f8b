import { randomBytes } from 'node:crypto';
import type { KubeClient } from '@backstay/kubernetes';
import { type Event, type KubeObject, resourceTypes } from '@backstay/shared';
import type { Logger } from '../logger.ts';
import { isNotFound, messageOf } from './errors.ts';
import { createEventBudget } from './event-budget.ts';
import { fieldManager } from './field-manager.ts';

export interface EventInput {
  type: 'Normal' | 'Warning';
  reason: 'Created' | 'Updated' | 'Deleted' | 'Unchanged' | 'ErrorOccurred';
  message: string;
}

/**
 * Tells people what happened to an object. What is told again within an hour raises the count of the first event, and one object
 * cannot tell more than a person reads. A lost event loses nothing else, so it never fails.
 */
export type EventRecorder = (object: KubeObject, event: EventInput) => Promise<void>;

const maxMessage = 1024;
const maxRemembered = 4096;
/** Kubernetes forgets an event an hour after its last change. */
const rememberMs = 60 * 60_000;

interface Told {
  name: string;
  count: number;
  at: number;
}

const eventOf = (object: KubeObject, { type, reason, message }: EventInput, now: string): Event => {
  const { name, namespace, uid } = object.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name.slice(0, 200)}.${randomBytes(8).toString('hex')}`, namespace },
    involvedObject: { apiVersion: object.apiVersion, kind: object.kind, namespace, name, uid },
    type,
    reason,
    message: message.length > maxMessage ? `${message.slice(0, maxMessage - 1)}…` : message,
    count: 1,
    firstTimestamp: now,
    lastTimestamp: now,
    source: { component: fieldManager },
    reportingComponent: fieldManager,
  };
};

const createMemory = () => {
  const told = new Map<string, Told>();
  return {
    find: (key: string, at: number): Told | undefined => {
      const known = told.get(key);
      return known !== undefined && at - known.at < rememberMs ? known : undefined;
    },
    keep: (key: string, value: Told): void => {
      told.delete(key);
      told.set(key, value);
      for (const oldest of told.keys()) {
        if (told.size <= maxRemembered) {
          return;
        }
        told.delete(oldest);
      }
    },
  };
};

/** False: the event is gone. */
const raise = async (
  client: KubeClient,
  namespace: string | undefined,
  { name, count, now }: Told & { now: string },
): Promise<boolean> => {
  try {
    const body = { count, lastTimestamp: now };
    await client.mergePatch(resourceTypes.events, { namespace, name }, { body });
    return true;
  } catch (error) {
    if (isNotFound(error)) {
      return false;
    }
    throw error;
  }
};

export const createEventRecorder = (client: KubeClient, logger: Logger, now: () => Date): EventRecorder => {
  const memory = createMemory();
  const budget = createEventBudget();
  const record = async (object: KubeObject, input: EventInput): Promise<void> => {
    const at = now();
    const key = JSON.stringify([object.metadata.uid, input.type, input.reason, input.message]);
    const known = memory.find(key, at.getTime());
    if (known !== undefined) {
      const next = { name: known.name, count: known.count + 1, at: at.getTime() };
      if (await raise(client, object.metadata.namespace, { ...next, now: seconds(at) })) {
        memory.keep(key, next);
        return;
      }
    }
    const event = eventOf(object, input, seconds(at));
    await client.create(resourceTypes.events, event);
    memory.keep(key, { name: event.metadata.name, count: 1, at: at.getTime() });
  };
  return async (object, input) => {
    if (!budget.take(object.metadata.uid ?? object.metadata.name, now().getTime())) {
      logger.debug({ object: object.metadata.name, reason: input.reason }, 'Too many events of one object: left out');
      return;
    }
    try {
      await record(object, input);
    } catch (error) {
      const { name } = object.metadata;
      logger.warn({ object: name, reason: input.reason, error: messageOf(error) }, 'Event not recorded');
    }
  };
};

/** metav1.Time has whole seconds. */
export const seconds = (date: Date): string => date.toISOString().replace(/\.\d+Z$/, 'Z');
