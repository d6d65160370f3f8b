import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { StorageError } from '../blobs/blob-store.ts';
import type { ActorContext } from '../http/context.ts';
import { MultipartError, multipartBoundary, multipartFile } from '../http/multipart.ts';
import { Failure, failure, type Reply, success } from '../http/reply.ts';
import { BrokenBodyError } from '../http/request-body.ts';
import { isDiskFull } from '../metadata/disk-full.ts';
import { takeLock, whileHeld } from '../metadata/held-lock.ts';
import type { Upload } from '../metadata/uploads.ts';
import type { Version } from '../metadata/versions.ts';
import type { Services } from '../services.ts';
import { UploadError } from '../uploads/upload-errors.ts';
import type { UploadTarget } from '../uploads/upload-service.ts';
import { collectionForNewUpload, uploadRules } from './collection-access.ts';
import { openUpload } from './open-upload.ts';
import { protectionIn, whyFull } from './room.ts';
import { storageFailure } from './storage-failure.ts';
import { versionOnWire } from './wire.ts';

const withCollectionLock = async <T>(services: Services, collection: string, work: () => Promise<T>): Promise<T> => {
  const { metadata, clock, logger } = services;
  const lock = { locks: metadata.locks, clock, logger, id: `collection:${collection}`, owner: randomUUID() };
  if (!(await takeLock(lock))) {
    throw failure(500, 'cannot upload to same collection in parallel');
  }
  return await whileHeld(lock, work);
};

const timedOut = new UploadError(
  'timed-out',
  'context deadline exceeded, probably hit a Storage I/O timeout or Request timeout',
);

type Source = (signal: AbortSignal) => AsyncIterable<Uint8Array>;

/** Ends the reading when the time for the bytes is up. */
const withDeadline = async <T>(milliseconds: number | undefined, work: (signals: AbortSignal[]) => Promise<T>) => {
  if (milliseconds === undefined) {
    return await work([]);
  }
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(timedOut), milliseconds);
  try {
    return await work([controller.signal]);
  } finally {
    clearTimeout(timer);
  }
};

const bodySource = (context: ActorContext, deadlines: readonly AbortSignal[]): Source => {
  const contentType = context.request.headers['content-type'] ?? '';
  const raw: Source = (signal) => context.body.chunks(AbortSignal.any([signal, context.signal, ...deadlines]));
  if (!/^multipart\/form-data\b/i.test(contentType)) {
    return raw;
  }
  const boundary = multipartBoundary(contentType);
  if (boundary === undefined) {
    throw new MultipartError('no multipart boundary param in Content-Type');
  }
  return (signal) => multipartFile(raw(signal), boundary);
};

const streamFailure = (error: unknown): unknown => {
  if (error instanceof Failure) {
    return error;
  }
  if (error instanceof MultipartError) {
    return failure(500, `cannot read file from multipart/urlencoded form: ${error.message}`);
  }
  const prefix = 'cannot upload version. cannot upload file, cannot copy stream, error: ';
  if (error instanceof StorageError) {
    return storageFailure(error, prefix);
  }
  return error instanceof UploadError || error instanceof BrokenBodyError
    ? failure(500, `${prefix}${error.message}`)
    : error;
};

const receive = async (services: Services, context: ActorContext, upload: Upload): Promise<void> => {
  try {
    await withDeadline(services.settings.storageTimeout, (deadlines) =>
      services.uploads.append(upload, bodySource(context, deadlines), 0),
    );
    const { problem } = await services.uploads.summary(upload);
    if (problem !== undefined) {
      throw new UploadError('not-a-message', problem);
    }
  } catch (error) {
    throw streamFailure(error);
  }
};

/** Old clients have no other way of taking an upload back than to hang up after the last byte. */
const grace = async (services: Services, context: ActorContext): Promise<void> => {
  try {
    await delay(services.settings.uploadGrace, undefined, { signal: context.signal });
  } catch {
    if (context.signal.reason instanceof Failure) {
      throw context.signal.reason;
    }
  }
  if (context.signal.aborted) {
    throw failure(500, 'upload cancelled by client after the body was written');
  }
};

const commit = async (services: Services, upload: Upload, target: UploadTarget): Promise<Version> => {
  try {
    const version = await services.uploads.commit(upload, target, () => undefined);
    await services.rotator.rotate(target.document.name, target.rules.limits);
    return version;
  } catch (error) {
    if (isDiskFull(error)) {
      throw error;
    }
    services.logger.error({ err: error, upload: upload.id }, 'an upload could not be committed');
    const cause = error instanceof StorageError || error instanceof UploadError ? error.message : 'cannot register it';
    const prefix = 'cannot upload version. ';
    throw error instanceof StorageError ? storageFailure(error, prefix) : failure(500, `${prefix}${cause}`);
  }
};

/** The text of the old server stays; what it did not know is added. */
const withReason = async (services: Services, target: UploadTarget, error: unknown): Promise<unknown> => {
  if (!(error instanceof Failure) || !error.message.includes('filesize reached allowed limit')) {
    return error;
  }
  const reason = await protectionIn(services, target.document, target.rules);
  return reason === undefined ? error : failure(error.reply.status, `${error.message}; ${reason}`);
};

const store = async (services: Services, context: ActorContext, target: UploadTarget): Promise<Reply> => {
  const { uploads } = services;
  const uploader = { user: context.actor.user.name, sessionId: context.session.id };
  const opened = await openUpload(services, target, { uploader });
  if (opened === undefined) {
    throw new Error('A plain upload asks for no fixed size');
  }
  if (opened.upload.maxBytes === 0) {
    await uploads.abort(opened.upload, 'no room left');
    throw failure(500, `cannot upload version. ${await whyFull(services, target.document, target.rules)}`);
  }
  try {
    await receive(services, context, opened.upload);
    await grace(services, context);
  } catch (error) {
    await uploads.abort(opened.upload, error instanceof Error ? error.message : 'failed');
    throw await withReason(services, target, error);
  }
  const version = await commit(services, opened.upload, target);
  context.note({ target: `version ${version.versionNumber}` });
  return success({ version: versionOnWire(version) });
};

export const plainUpload = async (services: Services, context: ActorContext): Promise<Reply> => {
  const document = await collectionForNewUpload(services, context);
  return await withCollectionLock(services, document.name, async () => {
    const rules = uploadRules(services, document);
    return await store(services, context, { document, rules });
  });
};
