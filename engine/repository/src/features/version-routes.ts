import { readLimits } from '../configuration/collection-rules.ts';
import type { ActorContext, Route } from '../http/context.ts';
import { failure, type Reply, success } from '../http/reply.ts';
import type { Services } from '../services.ts';
import { collectionForListing } from './collection-access.ts';
import { download } from './download.ts';
import { plainUpload } from './plain-upload.ts';
import {
  downloadDocumentation,
  listVersionsDocumentation,
  plainUploadDocumentation,
  usageDocumentation,
} from './version-documentation.ts';
import { versionOnWire } from './wire.ts';

const list = async (services: Services, context: ActorContext): Promise<Reply> => {
  const collection = await collectionForListing(services, context);
  try {
    const versions = await services.metadata.versions.list(collection.name);
    return success({ versions: versions.map(versionOnWire) });
  } catch (error) {
    services.logger.error({ err: error, collection: collection.name }, 'versions could not be listed');
    throw failure(500, 'cannot list versions, listing error. Check server logs');
  }
};

const usage = async (services: Services, context: ActorContext): Promise<Reply> => {
  const collection = await collectionForListing(services, context);
  const limits = readLimits(collection);
  const [versions, open] = await Promise.all([
    services.metadata.versions.list(collection.name),
    services.metadata.uploads.openOnes(collection.name),
  ]);
  return success({
    usage: {
      usedBytes: versions.reduce((sum, version) => sum + version.bytes, 0),
      reservedBytes: open.reduce((sum, upload) => sum + upload.maxBytes, 0),
      maxTotalBytes: limits.maxTotalBytes,
      maxVersionBytes: limits.maxVersionBytes,
      maxVersions: limits.maxVersions,
      versions: versions.length,
    },
  });
};

export const versionRoutes = (services: Services): Route[] => {
  const { limiters, settings } = services;
  const collections = (channel: 'alpha' | 'stable') => `/api/${channel}/repository/collection/:collectionId`;
  // The old server had uploads and downloads at alpha and the list at stable; its documentation says the opposite.
  const everywhere = (['alpha', 'stable'] as const).flatMap((channel): Route[] => [
    {
      method: 'POST',
      path: `${collections(channel)}/version`,
      access: 'actor',
      timeout: settings.uploadTimeout,
      transfer: true,
      action: 'version.upload',
      documentation: plainUploadDocumentation,
      handle: (context) => plainUpload(services, context),
    },
    {
      method: 'GET',
      path: `${collections(channel)}/version/:versionNum`,
      access: 'actor',
      limiter: limiters.default,
      timeout: settings.downloadTimeout,
      action: 'version.download',
      documentation: downloadDocumentation,
      handle: (context) => download(services, context),
    },
    {
      method: 'GET',
      path: `${collections(channel)}/version`,
      access: 'actor',
      limiter: limiters.default,
      action: 'version.list',
      documentation: listVersionsDocumentation,
      handle: (context) => list(services, context),
    },
  ]);
  return [
    ...everywhere,
    {
      method: 'GET',
      path: `${collections('stable')}/usage`,
      access: 'actor',
      limiter: limiters.default,
      action: 'collection.usage',
      documentation: usageDocumentation,
      handle: (context) => usage(services, context),
    },
  ];
};
