import { createHash, timingSafeEqual } from 'node:crypto';
import { type BackupWindow, insideAnyWindow } from '@backstay/shared';
import { readLimits, readWindows } from '../configuration/collection-rules.ts';
import type { CollectionDocument } from '../configuration/documents.ts';
import type { RequestContext, Route } from '../http/context.ts';
import { failure, type Reply, success } from '../http/reply.ts';
import type { Version } from '../metadata/versions.ts';
import type { Services } from '../services.ts';
import { checkRetention, checkVerification } from './care-checks.ts';
import { findCollection } from './collection-access.ts';
import { goTime } from './go-time.ts';
import { aliveDocumentation, collectionHealthDocumentation, readyDocumentation } from './health-documentation.ts';

const checkTimeout = 5000;

interface CheckItem {
  readonly message: string;
  readonly name: string;
  readonly status: boolean;
  readonly statusText: string;
}

const withTimeout = async (work: Promise<void>, milliseconds: number): Promise<void> => {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('no answer in time')), milliseconds);
  try {
    await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
};

const runCheck = async (name: string, work: () => Promise<void>): Promise<CheckItem> => {
  try {
    await work();
    return { message: 'OK', name, status: true, statusText: `${name}=true` };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { message, name, status: false, statusText: `${name}=false` };
  }
};

const prefixed = (prefix: string, milliseconds: number, work: () => Promise<void>) => async (): Promise<void> => {
  try {
    await withTimeout(work(), milliseconds);
  } catch (error) {
    throw new Error(`${prefix}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
};

const reportOf = (items: CheckItem[]): Reply => {
  const data = { health: items };
  if (items.some((item) => !item.status)) {
    throw failure(500, 'one of checks failed', { data });
  }
  return success(data);
};

const sameText = (a: string, b: string): boolean =>
  timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());

const alive = async (): Promise<Reply> =>
  success({
    msg: 'The server is up and running. Dependent services are not shown there. Take a look at /ready endpoint',
  });

const invalidCode =
  "health code invalid. Should be provided withing 'Authorization' header or 'code' query string. Must match --health-check-code commandline switch value";

const ready = async (services: Services, context: RequestContext): Promise<Reply> => {
  const { settings, metadata, blobs, configuration } = services;
  const code = context.request.headers.authorization || (context.query.get('code') ?? '');
  if (settings.healthCheckKey !== '' && !sameText(code, settings.healthCheckKey)) {
    throw failure(403, invalidCode);
  }
  if (services.stopping()) {
    throw failure(503, 'the server is stopping');
  }
  const checks = await Promise.all([
    runCheck(
      'DbValidator',
      prefixed('cannot connect to database', checkTimeout, () => metadata.check()),
    ),
    runCheck(
      'StorageAvailabilityValidator',
      prefixed('storage not operable', settings.storageCheckTimeout, () => blobs.check()),
    ),
    runCheck(
      'ConfigurationProviderValidator',
      prefixed('configuration provider is not usable', checkTimeout, () => configuration.check()),
    ),
  ]);
  return reportOf(checks);
};

const checkCollectionCode = async (
  services: Services,
  context: RequestContext,
  collection: CollectionDocument,
): Promise<void> => {
  const ref = collection.healthSecretRef;
  if (ref === undefined) {
    return;
  }
  const expected = await services.configuration.secretEntry(ref.name, ref.entry);
  if (expected === undefined) {
    services.logger.error({ collection: collection.name }, 'the Secret with the health code is missing or empty');
    throw failure(500, 'collection is misconfigured: the health code cannot be read');
  }
  const code = context.query.get('code') || (context.request.headers.authorization ?? '');
  if (!sameText(createHash('sha256').update(code).digest('hex'), expected)) {
    throw failure(403, "not authorized - invalid value of 'code' parameter in query string");
  }
};

/** Healthy while a window is open, or when the newest version came in the latest slot of some window. */
const checkWindows = (windows: readonly BackupWindow[], newest: Version | undefined, now: Date): void => {
  if (windows.length === 0) {
    return;
  }
  if (newest === undefined) {
    throw new Error('cannot find any backup in the collection: not found');
  }
  const inTime = windows.some((window) => {
    const slot = window.latestSlot(now);
    return slot !== undefined && newest.createdAt >= slot.from && newest.createdAt < slot.until;
  });
  if (!inTime && !insideAnyWindow(windows, now)) {
    const slots = windows.map((window) => `interval(${window.from}) + ${window.duration}`).join(', ');
    throw new Error(
      `previous backup was not executed in expected time slots: ${slots}. Latest backup created at: ${goTime(newest.createdAt)}`,
    );
  }
};

const collectionHealth = async (services: Services, context: RequestContext): Promise<Reply> => {
  const { metadata, settings, clock } = services;
  const collection = await findCollection(services, context.params['collectionId'] ?? '');
  await checkCollectionCode(services, context, collection);
  const versions = () => metadata.versions.list(collection.name);
  const items = [
    await runCheck('BackupWindowValidator', async () => {
      const windows = readWindows(collection, settings.timeZone);
      checkWindows(
        windows,
        (await versions()).findLast((version) => !version.bad),
        clock.now(),
      );
    }),
    await runCheck('VersionsSizeValidator', async () => {
      const { maxVersionBytes } = readLimits(collection);
      const tooBig = (await versions()).find((version) => version.bytes > maxVersionBytes);
      if (tooBig !== undefined) {
        throw new Error(
          `maximum filesize is bigger than collection soft limit per file. Failed file: ${tooBig.filename} (size=${tooBig.bytes}b)`,
        );
      }
    }),
    await runCheck('SumOfVersionsValidator', async () => {
      const { maxTotalBytes } = readLimits(collection);
      const total = (await versions()).reduce((sum, version) => sum + version.bytes, 0);
      if (total > maxTotalBytes) {
        throw new Error(`Summary of all files is ${total}b, while collection hard limit is ${maxTotalBytes}b`);
      }
    }),
    await runCheck('VerificationValidator', async () => checkVerification(services, await versions())),
    await runCheck('RetentionValidator', async () => checkRetention(services, collection, await versions())),
  ];
  return reportOf(items);
};

export const healthRoutes = (services: Services): Route[] => {
  const { serverHealth, collectionHealth: limiter } = services.limiters;
  return [
    {
      method: 'GET',
      path: '/health',
      access: 'open',
      limiter: serverHealth,
      documentation: aliveDocumentation,
      handle: alive,
    },
    {
      method: 'GET',
      path: '/ready',
      access: 'open',
      limiter: serverHealth,
      action: 'server.ready',
      documentation: readyDocumentation,
      handle: (context) => ready(services, context),
    },
    {
      method: 'GET',
      path: '/api/stable/repository/collection/:collectionId/health',
      access: 'open',
      limiter,
      action: 'collection.health',
      documentation: collectionHealthDocumentation,
      handle: (context) => collectionHealth(services, context),
    },
  ];
};
