import { type KubeObject, labels, type OwnedReference, type OwnerReference, type Secret } from '@backstay/shared';
import { contentHash, uuidOf } from './canonical.ts';
import { applyOrder, childType } from './child-kinds.ts';
import { ReconcileProblem } from './condition.ts';

/** Hash of what was applied, without values of Secrets: tells an unchanged child from one to be written. */
export const appliedAnnotation = 'backstay.riotkit.org/applied';

export const ownerReference = ({ apiVersion, kind, metadata }: KubeObject): OwnerReference => ({
  apiVersion,
  kind,
  name: metadata.name,
  uid: metadata.uid ?? '',
  controller: true,
  blockOwnerDeletion: false,
});

const encodedData = ({ data, stringData }: Secret): Record<string, string> => ({
  ...data,
  ...Object.fromEntries(
    Object.entries(stringData ?? {}).map(([key, value]) => [key, Buffer.from(value, 'utf8').toString('base64')]),
  ),
});

const isSecret = (object: KubeObject): object is Secret => object.kind === 'Secret';

const normalised = (object: KubeObject): KubeObject => {
  if (!isSecret(object)) {
    return object;
  }
  const { stringData, ...rest } = object;
  return { ...rest, data: encodedData(object) };
};

const hashOf = (object: KubeObject): string =>
  contentHash(isSecret(object) ? { ...object, data: Object.keys(object.data ?? {}).sort() } : object);

const trackingIdOf = ({ kind, metadata }: KubeObject, owner: KubeObject): string =>
  uuidOf(`${owner.metadata.uid}/${kind}/${metadata.name}`);

/**
 * Makes a rendered object a child of its owner. Same input, same object: the tracking id belongs to owner, kind and name, and
 * stays while the child does.
 */
export const asChild = (rendered: KubeObject, owner: KubeObject): KubeObject => {
  if (childType(rendered) === undefined) {
    const what = `a ${rendered.kind} (${rendered.apiVersion})`;
    throw new ReconcileProblem('InvalidDefinition', `The procedure renders ${what}, which is not allowed.`, {
      retry: false,
    });
  }
  const child = normalised({
    ...rendered,
    metadata: {
      ...rendered.metadata,
      namespace: owner.metadata.namespace,
      labels: {
        ...rendered.metadata.labels,
        [labels.backupMaker]: 'true',
        [labels.trackingId]: trackingIdOf(rendered, owner),
      },
      ownerReferences: [ownerReference(owner)],
    },
  });
  const annotations = { ...child.metadata.annotations, [appliedAnnotation]: hashOf(child) };
  return { ...child, metadata: { ...child.metadata, annotations } };
};

export const inApplyOrder = (children: readonly KubeObject[]): KubeObject[] =>
  children.toSorted((a, b) => applyOrder(a) - applyOrder(b));

export const ownedReferenceOf = ({ apiVersion, kind, metadata }: KubeObject): OwnedReference => ({
  apiVersion,
  kind,
  trackingId: metadata.labels?.[labels.trackingId] ?? '',
});

export const childKey = ({ kind, metadata }: KubeObject): string => `${kind}/${metadata.name}`;
