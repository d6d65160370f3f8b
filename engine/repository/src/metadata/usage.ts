import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.ts';
import { fromColumn } from './times.ts';

/** What a collection holds at present. */
export interface CollectionUsage {
  readonly collectionId: string;
  readonly versions: number;
  readonly bytes: number;
  /** Granted to uploads that are open. */
  readonly reservedBytes: number;
  /** When the newest version that is not known to be bad was stored. */
  readonly lastGoodAt: Date | undefined;
}

export interface UsageStore {
  /** All collections that have versions or open uploads, in two statements whatever their number. */
  byCollection(): Promise<CollectionUsage[]>;
}

export const createUsageStore = (db: Kysely<Tables>): UsageStore => {
  const stored = () =>
    db
      .selectFrom('uploaded_versions')
      .select((eb) => [
        'collection_id',
        eb.fn.countAll<number | string>().as('versions'),
        eb.fn.sum<number | string>('filesize').as('bytes'),
        sql<string | Date | null>`max(case when verification is null or verification = 'good' then created_at end)`.as(
          'last_good_at',
        ),
      ])
      .where('deleted_at', 'is', null)
      .groupBy('collection_id')
      .execute();
  const reserved = () =>
    db
      .selectFrom('uploads')
      .select((eb) => ['collection_id', eb.fn.sum<number | string>('reserved_bytes').as('bytes')])
      .where('state', 'in', ['open', 'committing'])
      .groupBy('collection_id')
      .execute();
  return {
    byCollection: async () => {
      const [rows, open] = await Promise.all([stored(), reserved()]);
      const granted = new Map(open.map((row) => [row.collection_id, Number(row.bytes)]));
      const known = rows.map((row) => ({
        collectionId: row.collection_id,
        versions: Number(row.versions),
        bytes: Number(row.bytes),
        reservedBytes: granted.get(row.collection_id) ?? 0,
        lastGoodAt: row.last_good_at === null ? undefined : fromColumn(row.last_good_at),
      }));
      const names = new Set(known.map(({ collectionId }) => collectionId));
      const onlyOpen = [...granted].filter(([collectionId]) => !names.has(collectionId));
      return [
        ...known,
        ...onlyOpen.map(([collectionId, reservedBytes]) => ({
          ...{ collectionId, reservedBytes, versions: 0, bytes: 0 },
          lastGoodAt: undefined,
        })),
      ];
    },
  };
};
