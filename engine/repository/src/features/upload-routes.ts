import { repositoryFinaliseSchema, repositoryOpenUploadSchema } from '@backstay/shared';
import { TokenError } from '../access/tokens.ts';
import { StorageError } from '../blobs/blob-store.ts';
import type { CollectionDocument } from '../configuration/documents.ts';
import type { ActorContext, Route } from '../http/context.ts';
import { type Failure, failure, type Reply, success } from '../http/reply.ts';
import type { Upload } from '../metadata/uploads.ts';
import type { Services } from '../services.ts';
import type { StagedSummary } from '../uploads/staging.ts';
import { OffsetError, UploadError, type UploadFailure } from '../uploads/upload-errors.ts';
import { collectionForNewUpload, collectionForUpload, uploadRules } from './collection-access.ts';
import { openUpload } from './open-upload.ts';
import { readJson } from './request-json.ts';
import { whyFull } from './room.ts';
import { storageFailure } from './storage-failure.ts';
import {
  abortDocumentation,
  appendDocumentation,
  beginUploadDocumentation,
  finaliseDocumentation,
  inspectDocumentation,
} from './upload-documentation.ts';
import { uploadOnWire, versionOnWire } from './wire.ts';

const statusOf: Record<UploadFailure, number> = {
  'too-large': 413,
  'not-a-message': 422,
  empty: 422,
  mismatch: 422,
  closed: 409,
  busy: 409,
  'key-in-use': 409,
  cancelled: 409,
  'timed-out': 408,
};

const toFailure = (error: unknown): unknown => {
  if (error instanceof UploadError) {
    return failure(statusOf[error.failure], error.message);
  }
  if (error instanceof OffsetError) {
    const headers = { 'upload-offset': String(error.offset) };
    return failure(409, error.message, { data: { upload: { offset: error.offset } }, headers });
  }
  return error instanceof StorageError ? storageFailure(error) : error;
};

const offsetHeader = (offset: number) => ({ 'upload-offset': String(offset) });

const describe = async (services: Services, upload: Upload, status = 200): Promise<Reply> => {
  const { metadata, uploads, clock } = services;
  const version = upload.state === 'committed' ? await metadata.uploads.complete(upload, clock.now()) : undefined;
  const offset = upload.state === 'aborted' ? 0 : await uploads.offset(upload);
  const reply = success({ upload: uploadOnWire(upload, offset, version) }, status);
  return { ...reply, headers: { ...reply.headers, ...offsetHeader(offset) } };
};

const begin = async (services: Services, context: ActorContext): Promise<Reply> => {
  const document = await collectionForNewUpload(services, context);
  const rules = uploadRules(services, document);
  const body = await readJson(context, repositoryOpenUploadSchema);
  const uploader = { user: context.actor.user.name, sessionId: context.session.id };
  const opened = await openUpload(services, { document, rules }, { uploader, wish: body });
  const full = async () => failure(413, await whyFull(services, document, rules));
  if (opened === undefined) {
    throw await full();
  }
  if (opened.created && opened.upload.maxBytes === 0) {
    await services.uploads.abort(opened.upload, 'no room left');
    throw await full();
  }
  return await describe(services, opened.upload, opened.created ? 201 : 200);
};

/** Uploads belong to the user who began them; for everybody else there are none. */
const findUpload = async (
  services: Services,
  context: ActorContext,
  options: { byKey?: boolean } = {},
): Promise<{ collection: CollectionDocument; upload: Upload }> => {
  const collection = await collectionForUpload(services, context);
  const { uploads } = services.metadata;
  const id = context.params['uploadId'] ?? '';
  const upload =
    (await uploads.find(collection.name, id)) ??
    (options.byKey ? await uploads.findByKey(collection.name, id) : undefined);
  const mine = upload !== undefined && upload.key !== undefined && upload.uploader === context.actor.user.name;
  if (context.session.expired && upload?.sessionId !== context.session.id) {
    throw new TokenError('Token is expired');
  }
  if (!mine) {
    throw failure(404, 'cannot find specified upload');
  }
  return { collection, upload };
};

const append = async (services: Services, context: ActorContext): Promise<Reply> => {
  const header = context.request.headers['upload-offset'];
  if (typeof header !== 'string' || !/^\d{1,15}$/.test(header)) {
    throw failure(400, 'the header Upload-Offset must say how many bytes are stored already');
  }
  const { upload } = await findUpload(services, context);
  const source = (signal: AbortSignal) => context.body.chunks(AbortSignal.any([signal, context.signal]));
  await services.uploads.append(upload, source, Number(header));
  const after = await services.metadata.uploads.findById(upload.id);
  return await describe(services, after ?? upload);
};

const checkContent = (promised: { sha256: string; size: number }) => (content: StagedSummary) => {
  if (content.bytes !== promised.size || content.sha256 !== promised.sha256) {
    throw new UploadError('mismatch', 'the stored bytes differ from what was sent: size or SHA-256 do not agree');
  }
  if (content.bytes === 0) {
    throw new UploadError('empty', 'sent empty data');
  }
  if (content.problem !== undefined) {
    throw new UploadError('not-a-message', content.problem);
  }
};

const finalise = async (services: Services, context: ActorContext): Promise<Reply> => {
  const { collection, upload } = await findUpload(services, context);
  const promised = await readJson(context, repositoryFinaliseSchema);
  const rules = uploadRules(services, collection);
  const version = await services.uploads.commit(upload, { document: collection, rules }, checkContent(promised));
  if (version.bytes !== promised.size || version.sha256 !== promised.sha256) {
    throw new UploadError('closed', 'the upload was committed with other content');
  }
  context.note({ target: `version ${version.versionNumber}` });
  await services.rotator.rotate(collection.name, rules.limits);
  return success({ version: versionOnWire(version) });
};

const abort = async (services: Services, context: ActorContext): Promise<Reply> => {
  const { upload } = await findUpload(services, context);
  if (!(await services.uploads.abort(upload, 'aborted by the client'))) {
    throw failure(409, 'the upload is committed already');
  }
  const after = await services.metadata.uploads.findById(upload.id);
  return await describe(services, after ?? upload);
};

const inspect = async (services: Services, context: ActorContext): Promise<Reply> => {
  const { upload } = await findUpload(services, context, { byKey: true });
  return await describe(services, upload);
};

export const uploadRoutes = (services: Services): Route[] => {
  const uploads = '/api/stable/repository/collection/:collectionId/uploads';
  const one = `${uploads}/:uploadId`;
  const mapped = (handle: (services: Services, context: ActorContext) => Promise<Reply>) => (context: ActorContext) =>
    handle(services, context).catch((error: unknown): never => {
      throw toFailure(error) as Failure;
    });
  const base = { access: 'actor', limiter: undefined } as const;
  return [
    {
      ...base,
      method: 'POST',
      path: uploads,
      transfer: true,
      action: 'upload.begin',
      documentation: beginUploadDocumentation,
      handle: mapped(begin),
    },
    {
      ...base,
      method: 'PATCH',
      path: one,
      acceptsExpired: true,
      action: 'upload.append',
      audit: 'read',
      documentation: appendDocumentation,
      handle: mapped(append),
    },
    {
      ...base,
      method: 'POST',
      path: `${one}/finalise`,
      acceptsExpired: true,
      action: 'version.upload',
      documentation: finaliseDocumentation,
      handle: mapped(finalise),
    },
    {
      ...base,
      method: 'DELETE',
      path: one,
      acceptsExpired: true,
      action: 'upload.abort',
      documentation: abortDocumentation,
      handle: mapped(abort),
    },
    {
      ...base,
      method: 'GET',
      path: one,
      acceptsExpired: true,
      limiter: services.limiters.default,
      action: 'upload.inspect',
      documentation: inspectDocumentation,
      handle: mapped(inspect),
    },
  ];
};
