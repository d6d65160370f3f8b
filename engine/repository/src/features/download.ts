import { pipeline, type Readable } from 'node:stream';
import { blobKey } from '../blobs/blob-keys.ts';
import { type BlobContent, StorageError } from '../blobs/blob-store.ts';
import type { ActorContext } from '../http/context.ts';
import { empty, type Failure, failure, type Reply } from '../http/reply.ts';
import type { Version } from '../metadata/versions.ts';
import type { Services } from '../services.ts';
import { parseRange } from './byte-range.ts';
import { collectionForDownload } from './collection-access.ts';
import { DigestError, VerifyingStream } from './verifying-stream.ts';

const findVersion = async (services: Services, collection: string, wanted: string): Promise<Version | undefined> => {
  if (wanted === 'latest') {
    return await services.metadata.versions.latest(collection);
  }
  const match = /^v?(\d{1,15})$/.exec(wanted);
  return match === null ? undefined : await services.metadata.versions.find(collection, Number(match[1]));
};

/** Not to be tried again as it is: another version must be asked for by its number, so that nobody restores an older one unawares. */
const unusable = async (services: Services, version: Version, detail: string): Promise<Failure> => {
  const { collectionId, versionNumber } = version;
  const live = await services.metadata.versions.list(collectionId);
  const good = live.findLast(
    (other) => !other.bad && other.id !== version.id && !services.verification.isSuspect(other),
  );
  const other = good === undefined ? 'there is no good one' : `the newest good one is ${good.versionNumber}`;
  const text = `version ${versionNumber} is known to be bad: ${detail}; ${other}. To get what is left of it, add ?bad=true`;
  return failure(409, text, { headers: versionHeader(version) });
};

const missing = async (services: Services, collection: string, wanted: string): Promise<Failure> => {
  const live = wanted === 'latest' ? await services.metadata.versions.list(collection) : [];
  const numbers = live.map((version) => version.versionNumber).join(', ');
  return failure(
    404,
    live.length === 0
      ? 'cannot find specified version'
      : `every version of this collection is known to be bad: ${numbers}. To get what is left of one, ask for its number and add ?bad=true`,
  );
};

const openContent = async (services: Services, version: Version): Promise<BlobContent> => {
  const cannotRead = (cause: string) =>
    failure(500, `cannot read from storage: ${cause} (version ${version.versionNumber})`, {
      headers: versionHeader(version),
    });
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

/** `latest` may be another version at the next request. */
const versionHeader = (version: Version): Record<string, string> => ({ 'x-version': String(version.versionNumber) });

const entityHeaders = (version: Version): Record<string, string> => ({
  ...versionHeader(version),
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
      if (error instanceof DigestError) {
        services.verification.suspect(version);
      }
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
  throw await unusable(services, version, version.verification?.detail ?? 'it differs from what was stored');
};

export const download = async (services: Services, context: ActorContext): Promise<Reply> => {
  const collection = await collectionForDownload(services, context);
  const version = await findVersion(services, collection.name, context.params['versionNum'] ?? '');
  if (version === undefined) {
    throw await missing(services, collection.name, context.params['versionNum'] ?? '');
  }
  context.note({ target: `version ${version.versionNumber}` });
  if (version.bad || services.verification.isSuspect(version)) {
    return await downloadBad(services, context, version);
  }
  const { headers } = context.request;
  if (headers['if-match'] !== undefined && !etagMatches(headers['if-match'], version)) {
    throw failure(412, `version ${version.versionNumber} is not the one that was asked for`, {
      headers: versionHeader(version),
    });
  }
  const ifRange = headers['if-range'];
  const rangeCounts = ifRange === undefined || (typeof ifRange === 'string' && etagMatches(ifRange, version));
  const range = rangeCounts ? parseRange(headers.range, version.bytes) : undefined;
  if (range === 'unsatisfiable') {
    return empty(416, { ...versionHeader(version), 'content-range': `bytes */${version.bytes}` });
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
