import { createHash } from 'node:crypto';
import type { ConfigurationProvider } from '../configuration/configuration-provider.ts';
import type { UserDocument } from '../configuration/documents.ts';
import type { AccessKeyRecord } from '../metadata/access-keys.ts';
import { hasExpired } from './access-key-use.ts';

/** A stored hash that counts at the moment. */
export interface Secret {
  readonly hash: string;
  /** Undefined: until it is changed. */
  readonly until: Date | undefined;
}

/** Users prefer the reference, access keys the inline hash; existing documents depend on both. */
export const storedHash = async (
  configuration: ConfigurationProvider,
  user: UserDocument,
  accessKey: string,
): Promise<string | undefined> => {
  const fromSecret = (ref: { name: string; entry: string } | undefined) =>
    ref === undefined ? undefined : configuration.secretEntry(ref.name, ref.entry);
  if (accessKey === '') {
    return user.passwordFromRef === undefined ? user.password : await fromSecret(user.passwordFromRef);
  }
  const key = user.accessKeys.find((candidate) => candidate.name === accessKey);
  return key?.password || (await fromSecret(key?.passwordFromRef));
};

const earlier = (a: Date | undefined, b: Date): Date => (a !== undefined && a < b ? a : b);

const previousOf = (record: AccessKeyRecord | undefined, now: Date): Secret[] => {
  const { previousHash, previousUntil } = record ?? {};
  return previousHash !== undefined && previousUntil !== undefined && previousUntil > now
    ? [{ hash: previousHash, until: earlier(record?.expiresAt, previousUntil) }]
    : [];
};

/** The hashes that count, the present one first. `record` is that of the access key, undefined without one. */
export const countingSecrets = (hash: string, record: AccessKeyRecord | undefined, now: Date): Secret[] =>
  hasExpired(record, now) ? [] : [{ hash, until: record?.expiresAt }, ...previousOf(record, now)];

/** Recognises a stored hash again without holding it: a session of a secret that was replaced shows itself by it. */
export const fingerprintOf = (hash: string): string =>
  createHash('sha256').update('stored secret\n').update(hash.trim()).digest('hex').slice(0, 32);
