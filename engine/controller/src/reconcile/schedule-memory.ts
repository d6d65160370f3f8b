import type { KubeObject, ScheduledBackup } from '@backstay/shared';
import { liveChild } from '../cluster/children-writer.ts';
import type { ControllerCaches } from '../cluster/controller-caches.ts';
import { secretNames } from '../cluster/hydrate.ts';
import { digestOf, fingerprint } from '../cluster/summaries.ts';
import { childKey } from '../plan/children.ts';
import type { ReconcileProblem } from '../plan/condition.ts';

/** What became of the objects of a ScheduledBackup. Holds no values: children are remembered by identity. */
export interface Installed {
  /** Empty after a problem. */
  children: KubeObject[];
  problem?: ReconcileProblem;
  /** The key Secret lacks its private half. */
  publicKeyOnly: boolean;
  /** An event has told of this result. Never remembered. */
  announced?: boolean;
}

interface Remembered {
  inputs: string;
  installed: Installed;
  expected: Map<string, string>;
  /** Child -> what the cache said before the write: it may say so a moment longer. */
  lagging: Map<string, string>;
}

/** Inputs as they were when a reconcile began: what changes during it must not pass for seen. */
export interface Snapshot {
  generation: number | undefined;
  template: string;
  /** Secret name -> digest. */
  secrets: Map<string, string>;
}

/**
 * Remembers with which inputs the children of each schedule were made, so that an event that changes nothing costs no request.
 */
export interface ScheduleMemory {
  /** The last result, if neither an input nor a child has changed since. */
  recall(scheduledBackup: ScheduledBackup): Installed | undefined;
  snapshot(scheduledBackup: ScheduledBackup): Snapshot;
  remember(scheduledBackup: ScheduledBackup, made: Omit<Remembered, 'inputs'> & { snapshot: Snapshot }): void;
  /** A child was seen deleted: what looks like a cache that lags may be true. */
  childLost(uid: string): void;
  forget(uid: string | undefined): void;
}

const identity = ({ apiVersion, kind, metadata }: KubeObject): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name: metadata.name, namespace: metadata.namespace, labels: metadata.labels },
});

const textOf = ({ generation, template, secrets }: Snapshot): string =>
  JSON.stringify([generation, template, [...secrets]]);

export const createScheduleMemory = (caches: ControllerCaches): ScheduleMemory => {
  const memory = new Map<string, Remembered>();
  const snapshot = ({ metadata, spec, ...rest }: ScheduledBackup): Snapshot => {
    const { kind, name } = spec.templateRef;
    const names = secretNames({ metadata, spec, ...rest });
    return {
      generation: metadata.generation,
      template: kind === 'internal' ? kind : fingerprint(caches.templates.get(undefined, name)),
      secrets: new Map(names.map((secret) => [secret, digestOf(caches.secrets.get(metadata.namespace, secret)) ?? ''])),
    };
  };
  const isDirty = (child: KubeObject, remembered: Remembered): boolean => {
    const key = childKey(child);
    const expected = remembered.expected.get(key);
    const seen = fingerprint(liveChild(caches, child));
    if (seen === expected) {
      remembered.lagging.delete(key);
      return false;
    }
    return remembered.lagging.get(key) !== seen;
  };
  return {
    recall: (scheduledBackup) => {
      const remembered = memory.get(scheduledBackup.metadata.uid ?? '');
      if (remembered === undefined || remembered.inputs !== textOf(snapshot(scheduledBackup))) {
        return undefined;
      }
      return remembered.installed.children.some((child) => isDirty(child, remembered))
        ? undefined
        : remembered.installed;
    },
    snapshot,
    remember: (scheduledBackup, { snapshot: seen, installed, expected, lagging }) => {
      const inputs = textOf(seen);
      const kept = { ...installed, children: installed.children.map(identity) };
      memory.set(scheduledBackup.metadata.uid ?? '', { inputs, installed: kept, expected, lagging });
    },
    childLost: (uid) => {
      memory.get(uid)?.lagging.clear();
    },
    forget: (uid) => {
      memory.delete(uid ?? '');
    },
  };
};
