import type { KubeObject } from '@backstay/shared';
import { apiVersionOf } from '../kinds/kind.ts';
import { badRequest } from '../registry/api-error.ts';
import { projectionOf } from '../table/negotiate.ts';
import { type IncludeObject, metadataOnly, tableOf } from '../table/table.ts';
import type { ResourceExchange } from './exchange.ts';

export interface ListMetadata {
  resourceVersion: string;
  continue?: string;
  remainingItemCount?: number;
}

/** Turns objects into the form that the client asked for. */
export interface Projector {
  /** True when objects go out as they are stored. */
  plain: boolean;
  one(object: KubeObject): unknown;
  list(objects: KubeObject[], metadata: ListMetadata): unknown;
  /** For watch events; a table leaves its column definitions out after the first. */
  event(object: KubeObject): unknown;
}

export function projectorFor({ request, query, kind }: ResourceExchange, now: number): Projector {
  const projection = projectionOf(request);
  if (projection === 'object') {
    return {
      plain: true,
      one: (object) => object,
      event: (object) => object,
      list: (items, metadata) => ({ kind: kind.listKind, apiVersion: apiVersionOf(kind), metadata, items }),
    };
  }
  if (projection === 'PartialObjectMetadata') {
    return {
      plain: false,
      one: metadataOnly,
      event: metadataOnly,
      list: (items, metadata) => ({
        kind: 'PartialObjectMetadataList',
        apiVersion: 'meta.k8s.io/v1',
        metadata,
        items: items.map(metadataOnly),
      }),
    };
  }
  const includeObject = includeObjectOf(query);
  const rv = (object: KubeObject) => ({ resourceVersion: object.metadata.resourceVersion });
  let withoutDefinitions = false;
  return {
    plain: false,
    one: (object) => tableOf(kind, [object], { includeObject, now, metadata: rv(object) }),
    list: (objects, metadata) => tableOf(kind, objects, { includeObject, now, metadata }),
    event: (object) => {
      const table = tableOf(kind, [object], {
        includeObject,
        now: Date.now(),
        metadata: rv(object),
        withoutDefinitions,
      });
      withoutDefinitions = true;
      return table;
    },
  };
}

function includeObjectOf(query: URLSearchParams): IncludeObject {
  const value = query.get('includeObject') || 'Metadata';
  if (value === 'Metadata' || value === 'Object' || value === 'None') return value;
  throw badRequest(`unrecognized includeObject value: ${JSON.stringify(value)}`);
}
