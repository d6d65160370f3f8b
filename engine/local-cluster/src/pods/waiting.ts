import { setTimeout as sleep } from 'node:timers/promises';
import { resources } from '../controllers/resources.ts';
import type { Registry } from '../registry/registry.ts';
import type { ConfigError } from './config-error.ts';

/** Waits, or less when the signal comes. */
export const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  sleep(milliseconds, undefined, { signal }).catch(() => undefined);

/** Settles when what is missing has changed, when the time is over or the signal comes. */
export const waitForObject = async (
  registry: Registry,
  wanted: { missing: ConfigError['waitsFor']; namespace: string; atMost: number },
  signal: AbortSignal,
): Promise<void> => {
  const { missing, namespace, atMost } = wanted;
  const found = new AbortController();
  const resource = missing?.kind === 'ConfigMap' ? resources.configMaps : resources.secrets;
  const stop = registry.subscribe(resource, ({ object: { metadata } }) => {
    if (metadata.namespace === namespace && metadata.name === missing?.name) {
      found.abort();
    }
  });
  await pause(atMost, AbortSignal.any([signal, found.signal]));
  stop();
};
