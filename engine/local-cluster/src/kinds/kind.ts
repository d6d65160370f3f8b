import type { KubeObject } from '@backstay/shared';
import type { JsonObject } from '../json.ts';
import type { Cause } from '../registry/api-error.ts';
import type { Schema } from '../schema/schema.ts';

export interface Column {
  name: string;
  type: string;
  format?: string;
  description?: string;
  /** 0: always shown; 1: with `-o wide`. */
  priority?: number;
  /** The cell of one object; undefined shows as <none> or an empty cell. */
  cell(object: KubeObject, now: number): unknown;
}

/** What a kind does beyond what all kinds do. Every function may change the object it is given, never `old`. */
export interface Strategy {
  /** Fills what the user left out. Runs on create and on update, after pruning. */
  defaults?(object: JsonObject): void;
  prepareCreate?(object: KubeObject): void;
  prepareUpdate?(object: KubeObject, old: KubeObject): void;
  /** Of the whole object; `old` on an update. */
  validate?(object: KubeObject, old?: KubeObject): Cause[];
  validateStatus?(object: KubeObject, old: KubeObject): Cause[];
  /** Seconds that a deletion waits for; undefined removes at once. */
  gracePeriod?(object: KubeObject, asked: number | undefined): number | undefined;
  defaultPropagation?: 'Background' | 'Orphan';
  /** Name rule; default: DNS-1123 subdomain. */
  validateName?(name: string): string | undefined;
  /** metadata.generation counts changes of everything but metadata and status. */
  generation?: boolean;
  /** Refuses creation through the API. */
  createForbidden?: boolean;
}

export interface Kind {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly schema: Schema;
  readonly subresources: readonly string[];
  readonly columns: readonly Column[];
  /** The table does not begin with the name. */
  readonly nameless?: boolean;
  /** Fields that selectors may name, beside metadata.name and metadata.namespace. */
  readonly selectable: Readonly<Record<string, (object: KubeObject) => string>>;
  readonly strategy: Strategy;
  /** Under which name objects are stored; versions of one kind share it. */
  readonly storageKey: string;
  /** apiVersion that stored objects carry. */
  readonly storageVersion: string;
  readonly custom: boolean;
  /** Name of the definition in the OpenAPI documents. */
  readonly definitionName: string;
}

export const apiVersionOf = (kind: { group: string; version: string }): string =>
  kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
