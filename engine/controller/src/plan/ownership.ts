import { engineGroup, type KubeObject, labels, type OwnerReference } from '@backstay/shared';

const isEngineKind = ({ apiVersion }: OwnerReference): boolean => apiVersion.startsWith(`${engineGroup}/`);

/** The ScheduledBackup or action that an object belongs to; older controllers did not mark it as controlling. */
export const engineOwner = (object: KubeObject): OwnerReference | undefined =>
  object.metadata.ownerReferences?.find(isEngineKind);

export const isOwnedBy = (object: KubeObject, owner: KubeObject): boolean =>
  object.metadata.ownerReferences?.some(
    (reference) => isEngineKind(reference) && reference.uid === owner.metadata.uid,
  ) ?? false;

const isMade = (object: KubeObject): boolean => object.metadata.labels?.[labels.backupMaker] === 'true';

/** Whether writing over the object would take it from somebody else. */
export const isForeign = (live: KubeObject, owner: KubeObject): boolean => {
  if (isOwnedBy(live, owner)) {
    return false;
  }
  const owned = (live.metadata.ownerReferences ?? []).length > 0;
  return owned || !isMade(live);
};

/** Children that the spec does not ask for any more. Key Secrets are never among them, whoever they say owns them. */
export const toPrune = (
  candidates: readonly KubeObject[],
  owner: KubeObject,
  wanted: ReadonlySet<string>,
): KubeObject[] =>
  candidates.filter(
    (object) =>
      isOwnedBy(object, owner) &&
      isMade(object) &&
      object.metadata.labels?.[labels.type] === undefined &&
      !wanted.has(`${object.kind}/${object.metadata.name}`),
  );
