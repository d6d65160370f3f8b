import { pipeline, type Readable } from 'node:stream';
import { blobKey } from '../blobs/blob-keys.ts';
import { type BlobContent, StorageError } from '../blobs/blob-store.ts';
import type { ActorContext } from '../http/context.ts';
import { empty, failure, type Reply } from '../http/reply.ts';
import type { Version } from '../metadata/versions.ts';
import type { Services } from '../services.ts';
import { parseRange } from './byte-range.ts';
import { collectionForDownload } from './collection-access.ts';
import { VerifyingStream } from './verifying-stream.ts';

const findVersion = async (services: Services, collection: string, wanted: string): Promise<Version | undefined> => {
  if (wanted === 'latest') {
    return await services.metadata.versions.latest(collection);
  }
  const match = /^v?(\d{1,15})$/.exec(wanted);
  return match === null ? undefined : await services.metadata.versions.find(collection, Number(match[1]));
};

const openContent = async (services: Services, version: Version): Promise<BlobContent> => {
  const cannotRead = (cause: string) => failure(500, `cannot read from storage: ${cause}`);
  try {
    const content = await services.blobs.open(blobKey(version.collectionId, version.filename));
    if (content === undefined) {
      throw cannotRead('the stored object is missing');
    }
    if (content.bytes !== version.bytes && !version.bad) {
      await content.close();
      throw cannotRead('the stored object has another size than was recorded');
    }
    return content;
  } catch (error) {
    if (error instanceof StorageError) {
      throw cannotRead(error.message);
    }
    throw error;
  }
};

/** RFC 6266: a quoted ASCII name, and the exact one when that differs. */
export const contentDisposition = (filename: string): string => {
  const ascii = filename.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const exact = encodeURIComponent(filename.toWellFormed()).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16)}`,
  );
  return `attachment; filename="${ascii}"${ascii === filename ? '' : `; filename*=UTF-8''${exact}`}`;
};

const entityHeaders = (version: Version): Record<string, string> => ({
  'content-type': 'application/octet-stream',
  'content-disposition': contentDisposition(version.filename),
  'accept-ranges': 'bytes',
  ...(version.sha256 === undefined
    ? {}
    : {
        etag: `"${version.sha256}"`,
        'repr-digest': `sha-256=:${Buffer.from(version.sha256, 'hex').toString('base64')}:`,
      }),
});

const etagMatches = (header: string, version: Version): boolean =>
  header.trim() === '*' || header.split(',').some((tag) => tag.trim() === `"${version.sha256}"`);

const verified = (source: Readable, version: Version, services: Services): Readable => {
  if (version.sha256 === undefined) {
    return source;
  }
  const verifying = new VerifyingStream(version.sha256);
  pipeline(source, verifying, (error) => {
    if (error && (error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') {
      services.logger.error(
        { err: error, version: version.id, collection: version.collectionId },
        'download broken off',
      );
      // It says for good what these bytes are; its own failures are logged where they happen.
      services.verification.request(version)?.catch(() => undefined);
    }
  });
  return verifying;
};

/** A version that is known to be bad is given only to whoever says to know it: what is left of it, as it is. */
const downloadBad = async (services: Services, context: ActorContext, version: Version): Promise<Reply> => {
  if (context.query.get('bad') === 'true') {
    const content = await openContent(services, version);
    const { etag, 'repr-digest': _, 'accept-ranges': __, ...headers } = entityHeaders(version);
    return { status: 200, headers: { ...headers, 'content-length': content.bytes }, stream: content.stream() };
  }
  const newest = await services.metadata.versions.latest(version.collectionId);
  const other = newest === undefined ? 'there is no good one' : `the newest good one is ${newest.versionNumber}`;
  throw failure(
    409,
    `version ${version.versionNumber} is known to be bad: ${version.verification?.detail ?? 'it differs from what was stored'}; ${other}. To get what is left of it, add ?bad=true`,
  );
};

export const download = async (services: Services, context: ActorContext): Promise<Reply> => {
  const collection = await collectionForDownload(services, context);
  const version = await findVersion(services, collection.name, context.params['versionNum'] ?? '');
  if (version === undefined) {
    throw failure(404, 'cannot find specified version');
  }
  context.note({ target: `version ${version.versionNumber}` });
  if (version.bad) {
    return await downloadBad(services, context, version);
  }
  const { headers } = context.request;
  if (headers['if-match'] !== undefined && !etagMatches(headers['if-match'], version)) {
    throw failure(412, 'the version is not the one that was asked for');
  }
  const ifRange = headers['if-range'];
  const rangeCounts = ifRange === undefined || (typeof ifRange === 'string' && etagMatches(ifRange, version));
  const range = rangeCounts ? parseRange(headers.range, version.bytes) : undefined;
  if (range === 'unsatisfiable') {
    return empty(416, { 'content-range': `bytes */${version.bytes}` });
  }
  const content = await openContent(services, version);
  if (range === undefined) {
    const stream = verified(content.stream(), version, services);
    return { status: 200, headers: { ...entityHeaders(version), 'content-length': version.bytes }, stream };
  }
  const { start, end } = range;
  const partial = {
    'content-range': `bytes ${start}-${end}/${version.bytes}`,
    'content-length': end - start + 1,
  };
  return { status: 206, headers: { ...entityHeaders(version), ...partial }, stream: content.stream(range) };
};
