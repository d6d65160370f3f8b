import { randomBytes } from 'node:crypto';
import type { KubeClient } from '@backstay/kubernetes';
import { type Event, type KubeObject, resourceTypes } from '@backstay/shared';
import type { Logger } from '../logger.ts';
import { messageOf } from './errors.ts';
import { fieldManager } from './field-manager.ts';

export interface EventInput {
  type: 'Normal' | 'Warning';
  reason: 'Created' | 'Updated' | 'Deleted' | 'Unchanged' | 'ErrorOccurred';
  message: string;
}

/** Tells people what happened to an object. A lost event loses nothing else, so it never fails. */
export type EventRecorder = (object: KubeObject, event: EventInput) => Promise<void>;

const maxMessage = 1024;

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

export const createEventRecorder =
  (client: KubeClient, logger: Logger, now: () => Date): EventRecorder =>
  async (object, event) => {
    try {
      await client.create(resourceTypes.events, eventOf(object, event, seconds(now())));
    } catch (error) {
      logger.warn(
        { object: object.metadata.name, reason: event.reason, error: messageOf(error) },
        'Event not recorded',
      );
    }
  };

/** metav1.Time has whole seconds. */
export const seconds = (date: Date): string => date.toISOString().replace(/\.\d+Z$/, 'Z');
