import { protectedFromLeaving } from '@backstay/shared';
import type { CollectionRules } from '../configuration/collection-rules.ts';
import type { CollectionDocument } from '../configuration/documents.ts';
import type { Services } from '../services.ts';

const shown = 5;

/** Which protected versions an upload would need the room of, in words. Undefined: none. */
export const protectionIn = async (
  services: Services,
  collection: CollectionDocument,
  rules: CollectionRules,
): Promise<string | undefined> => {
  const versions = await services.metadata.versions.list(collection.name);
  const protectedOnes = protectedFromLeaving(rules.limits, versions, services.clock.now());
  const numbers = protectedOnes.map((version) => version.versionNumber);
  const list = `${numbers.slice(0, shown).join(', ')}${numbers.length > shown ? ', ...' : ''}`;
  return numbers.length === 0
    ? undefined
    : `the versions ${list} would leave for it, but a hold or their minimum age or count protects them; end holds or raise maxCollectionSize`;
};

/** Why an upload does not fit: who must do what depends on it. */
export const whyFull = async (...args: Parameters<typeof protectionIn>): Promise<string> => {
  const reason = await protectionIn(...args);
  return `the collection has no room left for this upload: ${reason ?? 'its quota is used or reserved'}`;
};
