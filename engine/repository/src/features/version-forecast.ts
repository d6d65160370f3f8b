import { type CollectionForecast, forecastCollection, isHeld, type RetentionStrategy } from '@backstay/shared';
import type { ActorContext } from '../http/context.ts';
import { type Reply, success } from '../http/reply.ts';
import type { Version } from '../metadata/versions.ts';
import type { Services } from '../services.ts';
import { collectionForListing, rulesOf } from './collection-access.ts';

const whyOf = (strategy: RetentionStrategy): string => {
  if (strategy.name === 'fifo') {
    return `it is no longer one of the ${strategy.count} newest good versions`;
  }
  if (strategy.name === 'fifo-plus-older') {
    return `it is neither one of the ${strategy.count} newest good versions nor one of the ${strategy.maxOlder} older copies`;
  }
  return 'it is neither one of the newest good versions nor the last one of a period that is kept';
};

const instant = (at: Date | undefined): string | null => at?.toISOString() ?? null;

interface Facts {
  readonly services: Services;
  readonly forecast: CollectionForecast;
  readonly why: string;
}

const outlookOf = (version: Version, { services, forecast, why }: Facts) => {
  const { verification, settings, clock } = services;
  const { versionNumber } = version;
  const departure = forecast.departures.find((candidate) => candidate.versionNumber === versionNumber);
  const held = isHeld(version, clock.now());
  return {
    versionNumber,
    keptBecause: forecast.kept.find((candidate) => candidate.versionNumber === versionNumber)?.because ?? [],
    leaves:
      departure === undefined
        ? null
        : {
            afterUploads: departure.afterUploads,
            at: instant(departure.at),
            why: version.bad ? 'it is bad, and good versions need its room' : why,
          },
    holdEnds: held ? instant(version.hold?.until) : null,
    nextVerificationAt: settings.verifyPeriod === undefined ? null : instant(verification.dueAt(version)),
  };
};

/** What the retention and the quota of a collection will come to. */
export const forecast = async (services: Services, context: ActorContext): Promise<Reply> => {
  const { metadata, clock } = services;
  const collection = await collectionForListing(services, context);
  const { limits } = rulesOf(services, collection);
  const [versions, open] = await Promise.all([
    metadata.versions.list(collection.name),
    metadata.uploads.openOnes(collection.name),
  ]);
  const now = clock.now();
  const reserved = open.map((upload) => upload.maxBytes);
  const found = forecastCollection(limits, versions, { now, reserved });
  const facts = { services, forecast: found, why: whyOf(limits.retention.strategy) };
  const expired = versions.filter((version) => version.hold !== undefined && !isHeld(version, now));
  return success({
    forecast: {
      strategy: limits.retention.strategy.name,
      versions: versions.map((version) => outlookOf(version, facts)),
      presentBytes: found.presentBytes,
      secondsBetweenVersions: found.interval === undefined ? null : found.interval / 1000,
      allowedBytes: found.allowedBytes,
      uploadsThatFit: found.uploadsThatFit ?? null,
      fullAt: instant(found.fullAt),
      fullBecauseOfProtection: found.blockedBy,
      expiredHolds: expired.map((version) => version.versionNumber),
    },
  });
};
