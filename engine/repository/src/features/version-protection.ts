import {
  type CollectionLimits,
  repositoryDeleteVersionRequestSchema,
  repositoryHoldRequestSchema,
  retentionOf,
  versionsToRotate,
} from '@backstay/shared';
import { readRules } from '../configuration/collection-rules.ts';
import type { CollectionDocument } from '../configuration/documents.ts';
import { MisconfiguredError } from '../configuration/misconfigured-error.ts';
import type { ActorContext } from '../http/context.ts';
import { failure, type Reply, success } from '../http/reply.ts';
import type { MarkCheck } from '../metadata/version-marks.ts';
import type { Version } from '../metadata/versions.ts';
import type { Services } from '../services.ts';
import { collectionToManage } from './collection-access.ts';
import { readJson } from './request-json.ts';
import { versionOnWire } from './wire.ts';

export const noVersion = failure(404, 'cannot find specified version');

/** The number of a path, or 0: no version has that. */
export const versionNumberOf = (context: ActorContext): number => {
  const match = /^v?(\d{1,15})$/.exec(context.params['versionNum'] ?? '');
  return match === null ? 0 : Number(match[1]);
};

const targetOf = (services: Services, context: ActorContext, collection: CollectionDocument) => {
  const versionNumber = versionNumberOf(context);
  context.note({ target: `version ${versionNumber}` });
  return { collectionId: collection.name, versionNumber, now: services.clock.now() };
};

/** A broken collection can still be protected: then nobody can upload to it anyway. */
const limitsOf = (services: Services, collection: CollectionDocument): CollectionLimits | undefined => {
  try {
    return readRules(collection, services.settings.timeZone).limits;
  } catch (error) {
    if (error instanceof MisconfiguredError) {
      return undefined;
    }
    throw error;
  }
};

const sizeOf = (versions: readonly Version[]): number => versions.reduce((sum, version) => sum + version.bytes, 0);

/** Refuses a hold on what leaves this very moment, when the collection has no room to keep it beside what came. */
const mustFit =
  (limits: CollectionLimits, now: Date): MarkCheck =>
  (before, live, committing) => {
    const keptBytes = (versions: readonly Version[]): number => {
      const leaving = new Set(versionsToRotate(versions, retentionOf(limits), { now, incoming: committing.length }));
      return sizeOf(versions.filter((version) => !leaving.has(version)));
    };
    const arriving = committing.reduce((sum, bytes) => sum + bytes, 0);
    const without = live.map((version) => (version.id === before.id ? before : version));
    const total = keptBytes(live);
    if (total + arriving > limits.maxTotalBytes && total > keptBytes(without)) {
      throw failure(
        409,
        'this version is being replaced at this moment and the collection has no room for both: raise maxCollectionSize, or delete another version first',
      );
    }
  };

export const hold = async (services: Services, context: ActorContext): Promise<Reply> => {
  const collection = await collectionToManage(services, context, 'version.hold');
  const { reason, until } = await readJson(context, repositoryHoldRequestSchema);
  const target = targetOf(services, context, collection);
  const end = until === undefined ? undefined : new Date(until);
  if (end !== undefined && end <= target.now) {
    throw failure(400, 'the request cannot be read; check: until (it must be in the future)');
  }
  const limits = limitsOf(services, collection);
  const mark = { reason, by: context.actor.user.name, at: target.now, until: end };
  const check = limits === undefined ? undefined : mustFit(limits, target.now);
  const version = await services.metadata.marks.setHold(target, mark, check);
  if (version === undefined) {
    throw noVersion;
  }
  context.note({ detail: until === undefined ? reason : `${reason} (until ${until})` });
  return success({ version: versionOnWire(version) });
};

export const release = async (services: Services, context: ActorContext): Promise<Reply> => {
  const collection = await collectionToManage(services, context, 'version.hold');
  const version = await services.metadata.marks.setHold(targetOf(services, context, collection), undefined);
  if (version === undefined) {
    throw noVersion;
  }
  return success({ version: versionOnWire(version) });
};

const mustLeaveGood =
  (even: boolean): MarkCheck =>
  (before, live) => {
    if (!even && !before.bad && live.every((version) => version.bad)) {
      throw failure(
        409,
        'this is the last good version of the collection: to delete it nevertheless, send {"lastGood": true}',
      );
    }
  };

export const remove = async (services: Services, context: ActorContext): Promise<Reply> => {
  const collection = await collectionToManage(services, context, 'version.delete');
  const { lastGood = false } = await readJson(context, repositoryDeleteVersionRequestSchema);
  const target = targetOf(services, context, collection);
  const removed = await services.metadata.marks.retire(target, mustLeaveGood(lastGood));
  if (removed === undefined) {
    const found = await services.metadata.versions.find(target.collectionId, target.versionNumber);
    throw found === undefined
      ? noVersion
      : failure(409, `this version is held (${found.hold?.reason ?? ''}): end the hold first`);
  }
  // The next sweep repeats it: the version is out of every list already.
  await services.rotator.removeBytes(removed).catch((error: unknown) => {
    services.logger.error(
      { err: error, version: removed.id },
      'the bytes of a deleted version could not be removed yet',
    );
  });
  return success({ versionNumber: target.versionNumber, message: 'the version was deleted' });
};
