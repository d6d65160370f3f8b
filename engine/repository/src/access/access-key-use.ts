import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { AccessKeyRecord, AccessKeyStore } from '../metadata/access-keys.ts';

/** Notes when a key was used, at most once a minute for each key and address; nobody waits for it. */
export type AccessKeyUse = (user: string, name: string, ip: string) => void;

const interval = 60_000;
const maxKeys = 10_000;

export const createAccessKeyUse = (options: { keys: AccessKeyStore; clock: Clock; logger: Logger }): AccessKeyUse => {
  const { keys, clock, logger } = options;
  const noted = new Map<string, number>();
  return (user, name, ip) => {
    const at = clock.now();
    const key = JSON.stringify([user, name, ip]);
    if (at.getTime() - (noted.get(key) ?? Number.NEGATIVE_INFINITY) < interval) {
      return;
    }
    noted.delete(key);
    const [oldest] = noted.keys();
    if (noted.size >= maxKeys && oldest !== undefined) {
      noted.delete(oldest);
    }
    noted.set(key, at.getTime());
    keys.used(user, name, { at, ip }).catch((error: unknown) => {
      logger.warn({ err: error, user, accessKeyName: name }, 'the use of an access key could not be noted');
    });
  };
};

export const hasExpired = (record: AccessKeyRecord | undefined, now: Date): boolean =>
  record?.expiresAt !== undefined && record.expiresAt <= now;
