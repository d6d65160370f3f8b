import type { KubeClient } from '@backstay/kubernetes';
import { resourceTypes, type Secret } from '@backstay/shared';
import type { ControllerCaches } from './controller-caches.ts';
import { dataDigest, digestOf } from './summaries.ts';

/**
 * Reads a Secret with its values. Schedules that share a Secret and are worked on together share one request: what was read is
 * kept for two seconds, and given out only while the watch says that it is still what the cluster holds. Rejects with a KubeError.
 */
export interface SecretReader {
  read(key: SecretKey & { fresh?: boolean }): Promise<Secret>;
  /** To be called after a write: the watch does not know of it yet. */
  forget(key: SecretKey): void;
}

export interface SecretKey {
  namespace?: string;
  name: string;
}

/** Values of Secrets stay in memory no longer than this. */
const keptMs = 2_000;

export interface SecretReaderOptions {
  client: KubeClient;
  caches: Pick<ControllerCaches, 'secrets'>;
}

export const createSecretReader = ({ client, caches }: SecretReaderOptions): SecretReader => {
  const kept = new Map<string, Secret>();
  const textOf = ({ namespace, name }: SecretKey): string => `${namespace}/${name}`;
  const keep = (key: string, secret: Secret): void => {
    kept.set(key, secret);
    const drop = (): void => {
      if (kept.get(key) === secret) {
        kept.delete(key);
      }
    };
    setTimeout(drop, keptMs).unref();
  };
  return {
    read: async ({ namespace, name, fresh = false }) => {
      const known = kept.get(textOf({ namespace, name }));
      if (!fresh && known !== undefined && dataDigest(known.data) === digestOf(caches.secrets.get(namespace, name))) {
        return known;
      }
      const secret = await client.get(resourceTypes.secrets, { namespace, name });
      keep(textOf({ namespace, name }), secret);
      return secret;
    },
    forget: (key) => {
      kept.delete(textOf(key));
    },
  };
};
