import { randomBytes } from 'node:crypto';
import type { Event, KubeObject } from '@backstay/shared';
import type { Logger } from 'pino';
import { timestamp } from '../clock.ts';
import type { Registry } from '../registry/registry.ts';
import type { Clock } from './clock.ts';
import { find, mutate, type Place, reasonOf, resources } from './resources.ts';

export interface EventText {
  /** Default: Normal. */
  type?: 'Normal' | 'Warning';
  reason: string;
  message: string;
}

/** Writes what happened to an object as Kubernetes events; the same thing again counts up. It never throws. */
export type RecordEvent = (about: KubeObject, text: EventText) => void;

const rememberedEvents = 2000;
const longestMessage = 1024;

interface RecorderOptions {
  registry: Registry;
  clock: Clock;
  logger: Logger;
  /** Who tells it, e.g. job-controller. */
  component: string;
}

const newEvent = (about: KubeObject, text: Required<EventText>, options: RecorderOptions): Event => {
  const { name, namespace = 'default', uid, resourceVersion } = about.metadata;
  const now = timestamp(options.clock.now());
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name.slice(0, 230)}.${randomBytes(8).toString('hex')}`, namespace },
    involvedObject: {
      apiVersion: about.apiVersion,
      kind: about.kind,
      name,
      ...(about.metadata.namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    ...text,
    count: 1,
    firstTimestamp: now,
    lastTimestamp: now,
    source: { component: options.component },
    reportingComponent: options.component,
    reportingInstance: 'local',
  };
};

export const createEventRecorder = (options: RecorderOptions): RecordEvent => {
  const { registry, clock, logger } = options;
  const known = new Map<string, Place>();

  const countUp = (place: Place, note: string): boolean => {
    if (find(registry, resources.events, place) === undefined) {
      return false;
    }
    const updated = mutate(registry, {
      resource: resources.events,
      place,
      change: (event) => {
        event['count'] = Number(event['count'] ?? 1) + 1;
        event['lastTimestamp'] = timestamp(clock.now());
        event['message'] = note;
      },
    });
    return updated !== undefined;
  };

  const remember = (key: string, place: Place): void => {
    known.set(key, place);
    const [oldest] = known.keys();
    if (known.size > rememberedEvents && oldest !== undefined) {
      known.delete(oldest);
    }
  };

  return (about, { type = 'Normal', reason, message }) => {
    const note = message.slice(0, longestMessage);
    const key = JSON.stringify([about.metadata.uid, type, reason, note]);
    const place = known.get(key);
    try {
      if (place === undefined || !countUp(place, note)) {
        const created = registry.create(resources.events, newEvent(about, { type, reason, message: note }, options));
        remember(key, { name: created.metadata.name, namespace: created.metadata.namespace ?? 'default' });
      }
    } catch (error) {
      // Of a namespace that ends no event can be kept.
      if (reasonOf(error) !== 'Forbidden' && reasonOf(error) !== 'NotFound') {
        logger.warn({ err: error, reason }, 'An event was not recorded');
      }
    }
  };
};
