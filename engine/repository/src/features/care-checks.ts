import { blockedBy } from '@backstay/shared';
import { later } from '../clock.ts';
import { readRules } from '../configuration/collection-rules.ts';
import type { CollectionDocument } from '../configuration/documents.ts';
import type { Version } from '../metadata/versions.ts';
import type { Services } from '../services.ts';
import { sweepName } from '../sweep/storage-sweep.ts';

/* What the health of a collection says beside the three checks of the old server. Each throws what is wrong. */

const shown = 5;
const day = 24 * 3_600_000;
/** Whoever changes the pace of uploads for good should not be alarmed for ever. */
const floodDays = 3;
/** So many times what is kept, within a day, is no usual pace. */
const floodFactor = 2;

const numbersOf = (versions: readonly { versionNumber: number }[]): string => {
  const numbers = versions.slice(0, shown).map((version) => version.versionNumber);
  return `${numbers.join(', ')}${versions.length > shown ? ` and ${versions.length - shown} more` : ''}`;
};

/** Every version is what was stored, as far as it was read again, and that in time. */
export const checkVerification = async (services: Services, versions: readonly Version[]): Promise<void> => {
  const bad = versions.filter((version) => version.bad);
  if (bad.length > 0) {
    throw new Error(
      `stored versions are damaged or missing: ${numbersOf(bad)}. Their bytes differ from what was uploaded`,
    );
  }
  const late =
    services.settings.verifyPeriod === undefined
      ? []
      : versions.filter((version) => services.verification.isLate(version));
  if (late.length > 0) {
    throw new Error(`versions were not read again in time: ${numbersOf(late)}`);
  }
  const last = await services.metadata.maintenance.last(sweepName);
  if (last?.result['doubtful'] === true) {
    throw new Error('most versions have no object in the storage: it may be the wrong one, or not be mounted');
  }
};

/** The next upload has room, and uploads do not push versions out at an unusual pace. */
export const checkRetention = (
  services: Services,
  collection: CollectionDocument,
  versions: readonly Version[],
): void => {
  const { limits } = readRules(collection, services.settings.timeZone);
  const now = services.clock.now();
  const blocking = blockedBy(limits, versions, now);
  if (blocking.length > 0) {
    const list = numbersOf(blocking.map((versionNumber) => ({ versionNumber })));
    throw new Error(`the next upload has no room because these versions are protected: ${list}`);
  }
  const { strategy, elderAge } = limits.retention;
  const good = versions.filter((version) => !version.bad);
  const elder = good.findLast((version) => version.createdAt <= later(now, -elderAge));
  const recent = elder !== undefined && elder.createdAt > later(now, -floodDays * day);
  const since = recent ? (good.at(-1)?.versionNumber ?? 0) - elder.versionNumber : 0;
  if (recent && strategy.name === 'fifo' && since >= floodFactor * strategy.count) {
    throw new Error(
      `${since} versions came within a day, where ${strategy.count} are kept. Version ${elder.versionNumber} from before is still there: if these uploads were not wanted, hold it`,
    );
  }
};
