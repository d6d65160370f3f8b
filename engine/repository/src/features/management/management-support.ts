import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { type Actor, isUnrestricted } from '../../access/decision.ts';
import { DocumentError, type StoredDocument } from '../../configuration/document-store.ts';
import { readCollection } from '../../configuration/documents.ts';
import { MisconfiguredError } from '../../configuration/misconfigured-error.ts';
import type { ActorContext } from '../../http/context.ts';
import { failure, type Reply, success } from '../../http/reply.ts';
import { takeLock, whileHeld } from '../../metadata/held-lock.ts';
import type { Services } from '../../services.ts';

const maxBodyBytes = 256 * 1024;
const lockPatience = 5000;
const lockPause = 50;

export interface FieldProblem {
  readonly field: string;
  readonly message: string;
}

export const invalidFields = (problems: readonly FieldProblem[]) =>
  failure(422, problems.map(({ field, message }) => `${field === '' ? 'the body' : field}: ${message}`).join('; '), {
    data: { problems },
  });

/** Names the fields that are wrong, and no value: it may be a secret. */
export const readBody = async <T extends z.ZodType>(context: ActorContext, schema: T): Promise<z.output<T>> => {
  const text = await context.body.text(maxBodyBytes);
  let value: unknown;
  try {
    value = text.trim() === '' ? {} : JSON.parse(text);
  } catch {
    throw failure(400, 'the body is no JSON');
  }
  const result = schema.safeParse(value);
  if (!result.success) {
    throw invalidFields(result.error.issues.flatMap(problemsOf));
  }
  return result.data;
};

const problemsOf = (issue: z.core.$ZodIssue): FieldProblem[] => {
  const field = issue.path.map(String).join('.');
  return issue.code === 'unrecognized_keys'
    ? issue.keys.map((key) => ({ field: field === '' ? key : `${field}.${key}`, message: 'is unknown' }))
    : [{ field, message: issue.message }];
};

/** Sessions of access keys and sessions with a scope manage no accounts: they would give away more than they have. */
export const mustBeUnrestricted = (actor: Actor): void => {
  if (!isUnrestricted(actor)) {
    throw failure(403, 'this needs a session of the user itself: without an access key and without a scope');
  }
};

const statusOf = { exists: 409, absent: 404, changed: 409, 'read-only': 409, invalid: 422 } as const;

/** Writes of the configuration come one after the other, whichever server does them: rules span several documents. The
 * signal aborts when another server may be doing so by now; each single document is safe by its revision even then. */
export const exclusively = async <T>(services: Services, work: (lost: AbortSignal) => Promise<T>): Promise<T> => {
  const { metadata, clock, logger } = services;
  const lock = { locks: metadata.locks, clock, logger, id: 'configuration', owner: randomUUID() };
  const deadline = performance.now() + lockPatience;
  while (!(await takeLock(lock))) {
    if (performance.now() > deadline) {
      throw failure(503, 'somebody else is changing the configuration', { headers: { 'retry-after': '5' } });
    }
    await delay(lockPause);
  }
  return await whileHeld(lock, async (lost) => {
    try {
      return await work(lost);
    } catch (error) {
      if (error instanceof DocumentError) {
        logger.warn({ err: error }, 'a document of the configuration was not written');
        throw failure(statusOf[error.reason], error.message);
      }
      throw error;
    }
  });
};

const etagOf = (revision: string): string => `"${revision}"`;

/** The revision to write on: the one that is stored, which must be the one of `If-Match` where that is given. */
export const expectedRevision = (context: ActorContext, stored: StoredDocument): string => {
  const header = context.request.headers['if-match'];
  const matches =
    header === undefined || header.split(',').some((tag) => ['*', etagOf(stored.revision)].includes(tag.trim()));
  if (!matches) {
    throw failure(412, `${stored.name} is not as it was when it was read; read it again and repeat the change`);
  }
  return stored.revision;
};

export const withRevision = (data: Record<string, unknown>, revision: string, status = 200): Reply => {
  const reply = success(data, status);
  return { ...reply, headers: { ...reply.headers, etag: etagOf(revision) } };
};

export interface CollectionAccess {
  readonly name: string;
  readonly accessControl: { name: string; type: string; roles: string[] }[];
}

/** Who has which roles on which collection. One that cannot be read gives nothing. */
export const collectionAccess = async (services: Services): Promise<CollectionAccess[]> => {
  const stored = await services.configuration.documents.list('BackupCollection');
  return stored.flatMap(({ name, spec }) => {
    try {
      return [readCollection({ metadata: { name }, spec }, name)];
    } catch (error) {
      if (error instanceof MisconfiguredError) {
        return [];
      }
      throw error;
    }
  });
};

/** For the audit log: names of fields, never what they say. */
export const changedFields = (fields: Record<string, unknown>): string =>
  `fields: ${Object.keys(fields).sort().join(', ')}`;

/** A list in the document as it stands, with what this server does not know of. */
export const rawList = (value: unknown): Record<string, unknown>[] =>
  Array.isArray(value)
    ? value.filter((item): item is Record<string, unknown> => typeof item === 'object' && item !== null)
    : [];

export const managementParams = { userName: z.string(), keyName: z.string() };
