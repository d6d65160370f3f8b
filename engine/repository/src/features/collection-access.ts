import { insideAnyWindow } from '@backstay/shared';
import { mayActOnCollection } from '../access/decision.ts';
import type { CollectionAction } from '../access/roles.ts';
import { type CollectionRules, readRules, readWindows } from '../configuration/collection-rules.ts';
import type { CollectionDocument } from '../configuration/documents.ts';
import { MisconfiguredError } from '../configuration/misconfigured-error.ts';
import { isKnownStrategy } from '../configuration/retention-rules.ts';
import type { ActorContext } from '../http/context.ts';
import { failure } from '../http/reply.ts';
import type { Services } from '../services.ts';

const windowClosed =
  "backup window does not allow you to send a backup at this time. You need a token that has a special permission 'uploadsAnytime'";

/** What a person may see of a broken collection; the log has it too. */
const misconfigured = (services: Services, collection: string, error: MisconfiguredError) => {
  services.logger.error({ collection, problem: error.message }, 'collection is misconfigured');
  return failure(500, `collection is misconfigured: ${error.message}`);
};

export const findCollection = async (services: Services, name: string): Promise<CollectionDocument> => {
  try {
    const found = await services.configuration.collection(name);
    if (found === undefined) {
      throw failure(404, 'cannot find specified collection');
    }
    return found;
  } catch (error) {
    throw error instanceof MisconfiguredError ? misconfigured(services, name, error) : error;
  }
};

const must = (
  { actor }: ActorContext,
  demand: { collection: CollectionDocument; anyOf: readonly CollectionAction[]; refusal: string },
): void => {
  const { collection, anyOf, refusal } = demand;
  if (anyOf.some((action) => mayActOnCollection(actor, collection, action))) {
    return;
  }
  throw failure(403, refusal);
};

export const collectionForDownload = async (services: Services, context: ActorContext): Promise<CollectionDocument> => {
  const collection = await findCollection(services, context.params['collectionId'] ?? '');
  const refusal = 'not authorized to download versions from this collection';
  must(context, { collection, anyOf: ['file.download'], refusal });
  return collection;
};

export const collectionForListing = async (services: Services, context: ActorContext): Promise<CollectionDocument> => {
  const collection = await findCollection(services, context.params['collectionId'] ?? '');
  const refusal = 'not authorized to list versions';
  must(context, { collection, anyOf: ['file.upload', 'file.download'], refusal });
  return collection;
};

/** The right to change what is stored, which only managers have. */
export const collectionToManage = async (
  services: Services,
  context: ActorContext,
  action: 'version.hold' | 'version.delete' | 'collection.verify',
): Promise<CollectionDocument> => {
  const collection = await findCollection(services, context.params['collectionId'] ?? '');
  must(context, { collection, anyOf: [action], refusal: `not authorized to do this to versions: ${action}` });
  return collection;
};

/** Limits, windows and template. What is wrong with them is answered with 500 and the field. */
export const rulesOf = (services: Services, collection: CollectionDocument): CollectionRules => {
  try {
    return readRules(collection, services.settings.timeZone);
  } catch (error) {
    throw error instanceof MisconfiguredError ? misconfigured(services, collection.name, error) : error;
  }
};

/** The right to upload, whatever the time: for going on with an upload that began inside a window. */
export const collectionForUpload = async (services: Services, context: ActorContext): Promise<CollectionDocument> => {
  const collection = await findCollection(services, context.params['collectionId'] ?? '');
  const refusal = 'not authorized to upload versions to this collection';
  must(context, { collection, anyOf: ['file.upload'], refusal });
  return collection;
};

/** The right to begin an upload now. */
export const collectionForNewUpload = async (
  services: Services,
  context: ActorContext,
): Promise<CollectionDocument> => {
  const collection = await collectionForUpload(services, context);
  if (mayActOnCollection(context.actor, collection, 'file.upload-anytime')) {
    return collection;
  }
  try {
    const windows = readWindows(collection, services.settings.timeZone);
    if (!insideAnyWindow(windows, services.clock.now())) {
      throw failure(403, windowClosed);
    }
    return collection;
  } catch (error) {
    throw error instanceof MisconfiguredError ? misconfigured(services, collection.name, error) : error;
  }
};

/** Limits, windows and template, once the strategy is known to be one that works. */
export const uploadRules = (services: Services, collection: CollectionDocument): CollectionRules => {
  if (!isKnownStrategy(collection.strategyName)) {
    services.logger.error({ collection: collection.name }, 'strategyName must be fifo, fifo-plus-older or keep');
    throw failure(500, 'internal error while trying to create rotation strategy. Check server logs');
  }
  try {
    return readRules(collection, services.settings.timeZone);
  } catch (error) {
    if (error instanceof MisconfiguredError) {
      services.logger.error({ collection: collection.name, problem: error.message }, 'collection is misconfigured');
      const text = `cannot construct validators cannot construct standard middlewares, error: ${error.message}`;
      throw failure(500, text);
    }
    throw error;
  }
};
