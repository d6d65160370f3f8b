import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MetadataStore } from './metadata-store.ts';
import { NoRoomError } from './uploads.ts';
import type { Version } from './versions.ts';

const minute = 60_000;
const now = new Date('2026-11-23T08:00:00.000Z');
const after = (milliseconds: number): Date => new Date(now.getTime() + milliseconds);
const limits = { maxVersions: 2, maxVersionBytes: 100, maxTotalBytes: 200 };

/** What every metadata store must know of holds, verification, orphans and maintenance. */
export const marksConformance = (name: string, open: () => Promise<MetadataStore>): void => {
  describe(`${name} as a store of marks`, () => {
    let store: MetadataStore;
    let collections = 0;
    beforeAll(async () => {
      store = await open();
    });
    afterAll(() => store.close());
    const newCollection = (): string => `marked-${process.pid}-${collections++}`;
    const reserve = async (collectionId: string, bytes: number) => {
      const opened = await store.uploads.open({
        id: randomUUID(),
        collectionId,
        key: undefined,
        sessionId: 's',
        uploader: 'u',
        limits,
        wantedBytes: bytes,
        now,
        leaseUntil: after(minute),
      });
      return opened?.upload;
    };
    const decide = (id: string, bytes: number) =>
      store.uploads.decide(id, { bytes, sha256: 'ab', filename: (number) => `a-${number}.gz`, now, limits });
    const stored = async (collectionId: string, bytes = 10): Promise<Version> => {
      const upload = await reserve(collectionId, bytes);
      const decided = upload && (await decide(upload.id, bytes));
      if (decided === undefined) {
        throw new Error('It does not fit');
      }
      return await store.uploads.complete(decided, now);
    };
    const hold = (until?: Date) => ({ reason: 'audit of May', by: 'admin', at: now, until });
    const target = (collectionId: string, versionNumber: number) => ({ collectionId, versionNumber, now });

    it('keeps a held version in the list until the hold ends', async () => {
      const collection = newCollection();
      const version = await stored(collection);
      expect(version).toMatchObject({ hold: undefined, verification: undefined, bad: false, baseline: false });
      const held = await store.marks.setHold(target(collection, 1), hold(after(minute)));
      expect(held?.hold).toEqual(hold(after(minute)));
      expect((await store.versions.list(collection))[0]).toEqual({ ...version, hold: hold(after(minute)) });
      expect(await store.versions.retire(version.id, after(minute - 1))).toBe(false);
      expect(await store.versions.retire(version.id, after(minute))).toBe(true);
      expect(await store.versions.retire(version.id, after(minute))).toBe(false);
      expect(await store.marks.setHold(target(collection, 1), hold())).toBeUndefined();
      await stored(collection);
      await store.marks.setHold(target(collection, 2), hold());
      const [second] = await store.versions.list(collection);
      expect(await store.versions.retire(second?.id ?? '', after(1e12))).toBe(false);
      expect((await store.marks.setHold(target(collection, 2), undefined))?.hold).toBeUndefined();
      expect(await store.versions.retire(second?.id ?? '', now)).toBe(true);
    });

    it('changes nothing when the check of a hold throws', async () => {
      const collection = newCollection();
      await stored(collection);
      const refuse = () => {
        throw new Error('refused');
      };
      await expect(store.marks.setHold(target(collection, 1), hold(), refuse)).rejects.toThrow('refused');
      expect((await store.versions.find(collection, 1))?.hold).toBeUndefined();
    });

    it('retires under the same check, and never what is held', async () => {
      const collection = newCollection();
      const [one, two] = [await stored(collection), await stored(collection)];
      const last = (_: unknown, live: readonly unknown[]) => {
        if (live.length === 0) {
          throw new Error('the last one');
        }
      };
      const results = await Promise.allSettled(
        [1, 2].map((number) => store.marks.retire(target(collection, number), last)),
      );
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const [left] = await store.versions.list(collection);
      await store.marks.setHold(target(collection, left?.versionNumber ?? 0), hold());
      expect(await store.marks.retire(target(collection, left?.versionNumber ?? 0), () => undefined)).toBeUndefined();
      expect(await store.marks.retire(target(collection, 9), () => undefined)).toBeUndefined();
      const gone = left?.id === one.id ? two : one;
      expect((await store.versions.toRemove(10_000)).map((version) => version.id)).toContain(gone.id);
    });

    it('commits nothing whose room a hold took meanwhile', async () => {
      const collection = newCollection();
      await stored(collection, 100);
      await stored(collection, 100);
      const upload = await reserve(collection, 100);
      await store.marks.setHold(target(collection, 1), hold());
      await expect(decide(upload?.id ?? '', 100)).rejects.toThrow(NoRoomError);
      expect(await reserve(newCollection(), 100)).toBeDefined();
      expect((await store.uploads.findById(upload?.id ?? ''))?.state).toBe('open');
      await store.marks.setHold(target(collection, 1), undefined);
      expect((await decide(upload?.id ?? '', 100))?.decision?.versionNumber).toBe(3);
    });

    it('remembers what verification found, and never offers bad ones as the latest', async () => {
      const collection = newCollection();
      const [one, two] = [await stored(collection), await stored(collection)];
      const found = { at: after(1), result: 'damaged', detail: 'the bytes differ' } as const;
      await store.marks.recordVerification(two.id, found, 'cd');
      const after2 = await store.marks.findById(two.id);
      expect(after2).toEqual({ ...two, verification: found, bad: true });
      expect((await store.versions.latest(collection))?.id).toBe(one.id);
      const good = { at: after(2), result: 'good', detail: undefined } as const;
      await store.marks.recordVerification(two.id, good);
      expect((await store.versions.latest(collection))?.id).toBe(two.id);
      const mine = async (before: Date) =>
        (await store.marks.toVerify(before, 10_000)).filter((version) => version.collectionId === collection);
      expect((await mine(after(3))).map((version) => version.id)).toEqual([one.id, two.id]);
      expect((await mine(after(1))).map((version) => version.id)).toEqual([one.id]);
      expect(await mine(now)).toEqual([]);
    });

    it('tells files that are needed from others, and versions whose object nobody saw', async () => {
      const collection = newCollection();
      const [one, two] = [await stored(collection), await stored(collection)];
      const upload = await reserve(collection, 10);
      await decide(upload?.id ?? '', 10);
      await store.versions.retire(one.id, now);
      const names = ['a-1.gz', 'a-2.gz', 'a-3.gz', 'a-4.gz'];
      expect(await store.marks.knownFiles(collection, names, after(5))).toEqual(new Set(names.slice(0, 3)));
      await store.versions.markRemoved(one.id, now);
      expect((await store.marks.knownFiles(collection, names, after(5))).has('a-1.gz')).toBe(false);
      const unseen = async (before: Date) =>
        (await store.marks.unseen(before, 10_000)).filter((version) => version.collectionId === collection);
      expect([await unseen(after(5)), (await unseen(after(6))).map((version) => version.id)]).toEqual([[], [two.id]]);
      expect(await store.marks.knownFiles(collection, [], now)).toEqual(new Set());
      await store.marks.recordVerification(two.id, { at: now, result: 'missing', detail: 'gone' });
      expect((await store.marks.findById(two.id))?.bad).toBe(true);
      await store.marks.knownFiles(collection, names, after(7));
      expect(await store.marks.findById(two.id)).toMatchObject({ bad: false, verification: undefined });
    });

    it('remembers orphans by their first sight', async () => {
      const collection = newCollection();
      const orphan = { key: `${collection}/x.gz`, bytes: 7, modifiedAt: now };
      await store.maintenance.noteOrphan(orphan, after(1));
      await store.maintenance.noteOrphan({ ...orphan, bytes: 8 }, after(2));
      await store.maintenance.noteOrphan({ ...orphan, key: `${collection}-other/y` }, after(2));
      const mine = async () => (await store.maintenance.orphans(1000)).filter(({ key }) => key.startsWith(collection));
      expect((await mine()).find(({ key }) => key === orphan.key)).toEqual({
        ...orphan,
        bytes: 8,
        firstSeenAt: after(1),
      });
      expect(await store.maintenance.countOrphans(collection)).toEqual({ count: 1, bytes: 8 });
      expect((await store.maintenance.countOrphans()).count).toBeGreaterThanOrEqual(2);
      await store.maintenance.forgetOrphan(`${collection}-other/y`);
      await store.maintenance.forgetOrphansBefore(after(3));
      expect(await mine()).toEqual([]);
    });

    it('remembers the last result of background work', async () => {
      const id = newCollection();
      expect(await store.maintenance.last(id)).toBeUndefined();
      await store.maintenance.finish(id, { bytes: 1 }, now);
      await store.maintenance.finish(id, { bytes: 2 }, after(1));
      expect(await store.maintenance.last(id)).toEqual({ finishedAt: after(1), result: { bytes: 2 } });
    });
  });
};
