import type { KubeObject } from '@backstay/shared';
import type { Kind } from '../kinds/kind.ts';

export const metadataOnly = (object: KubeObject) => ({
  kind: 'PartialObjectMetadata',
  apiVersion: 'meta.k8s.io/v1',
  metadata: object.metadata,
});

export type IncludeObject = 'Metadata' | 'Object' | 'None';

interface TableOptions {
  includeObject: IncludeObject;
  now: number;
  metadata: object;
  /** Column definitions are left out of all but the first event of a watch. */
  withoutDefinitions?: boolean;
}

/** metav1.Table with the columns of the kind. */
export function tableOf(kind: Kind, objects: readonly KubeObject[], options: TableOptions) {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: options.metadata,
    columnDefinitions: options.withoutDefinitions ? null : columnDefinitions(kind),
    rows: objects.map((object) => ({
      cells: [
        ...(kind.nameless ? [] : [object.metadata.name]),
        ...kind.columns.map((column) => column.cell(object, options.now) ?? (kind.custom ? null : '<none>')),
      ],
      ...included(object, options.includeObject),
    })),
  };
}

function included(object: KubeObject, include: IncludeObject): object {
  if (include === 'None') return {};
  return { object: include === 'Object' ? object : metadataOnly(object) };
}

const nameDescription =
  'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically.';

const columnDefinitions = (kind: Kind) => [
  ...(kind.nameless
    ? []
    : [{ name: 'Name', type: 'string', format: 'name', description: nameDescription, priority: 0 }]),
  ...kind.columns.map(({ name, type, format, description, priority }) => ({
    name,
    type,
    format: format ?? '',
    description: description ?? name,
    priority: priority ?? 0,
  })),
];
