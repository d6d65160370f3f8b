import type { ScheduledBackupSpec } from '@backstay/shared';
import { contentHash, sha256 } from './canonical.ts';

const escapes: Record<string, string> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

const orAbsent = <T>(value: T | undefined): T | undefined =>
  value === '' || value === false || (Array.isArray(value) && value.length === 0) ? undefined : value;

/**
 * `status.lastAppliedSpecHash`: SHA-256 of the spec as JSON, its members in an order that is part of the format. Optional
 * additions come last in their object and only when set, so that older resources keep their hash.
 */
export const specHash = (spec: ScheduledBackupSpec): string => {
  const { collectionId, templateRef, gpgKeySecretRef: key, tokenSecretRef, varsSecretRef, vars, cronJob } = spec;
  const ordered = {
    collectionId,
    templateRef: { name: templateRef.name, kind: templateRef.kind },
    gpgKeySecretRef: {
      secretName: key.secretName,
      publicKey: key.publicKey,
      privateKey: key.privateKey,
      passphraseKey: key.passphraseKey,
      email: key.email,
      createIfNotExists: key.createIfNotExists,
    },
    tokenSecretRef: { secretName: tokenSecretRef.secretName, tokenKey: tokenSecretRef.tokenKey },
    varsSecretRef: {
      secretName: orAbsent(varsSecretRef.secretName),
      importOnlyKeys: orAbsent(varsSecretRef.importOnlyKeys),
    },
    vars,
    cronJob: {
      enabled: cronJob.enabled,
      scheduleEvery: orAbsent(cronJob.scheduleEvery),
      timeZone: orAbsent(cronJob.timeZone),
      suspend: orAbsent(cronJob.suspend),
      concurrencyPolicy: orAbsent(cronJob.concurrencyPolicy),
      startingDeadlineSeconds: cronJob.startingDeadlineSeconds,
      successfulJobsHistoryLimit: cronJob.successfulJobsHistoryLimit,
      failedJobsHistoryLimit: cronJob.failedJobsHistoryLimit,
    },
    operation: spec.operation,
    job: spec.job === undefined || Object.keys(spec.job).length === 0 ? undefined : contentHash(spec.job),
  };
  return sha256(JSON.stringify(ordered).replace(/[<>&\u2028\u2029]/g, (character) => escapes[character] ?? character));
};
