import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MetadataStore } from './metadata-store.ts';
import type { NewUpload, Upload } from './uploads.ts';

const limits = { maxVersions: 3, maxVersionBytes: 100, maxTotalBytes: 500 };
const now = new Date('2026-11-22T10:00:00.123Z');
const minute = 60_000;
const after = (milliseconds: number): Date => new Date(now.getTime() + milliseconds);

const newUpload = (collectionId: string, more: Partial<NewUpload> = {}): NewUpload => ({
  id: crypto.randomUUID(),
  collectionId,
  key: undefined,
  sessionId: 'session',
  uploader: 'admin',
  limits,
  wantedBytes: undefined,
  now,
  leaseUntil: after(minute),
  ...more,
});

/** What every metadata store must do. `open` gives one with an up-to-date schema; it may hold other tests' rows. */
export const metadataConformance = (name: string, open: () => Promise<MetadataStore>): void => {
  describe(`${name} as a metadata store`, () => {
    let store: MetadataStore;
    let collections = 0;
    beforeAll(async () => {
      store = await open();
    });
    afterAll(() => store.close());
    const newCollection = (): string => `collection-${process.pid}-${collections++}`;

    const opened = async (collectionId: string, more: Partial<NewUpload> = {}): Promise<Upload> => {
      const result = await store.uploads.open(newUpload(collectionId, more));
      if (result === undefined) {
        throw new Error('It does not fit');
      }
      return result.upload;
    };
    const decide = (upload: Upload, bytes = 10) =>
      store.uploads.decide(upload.id, { bytes, sha256: 'ab', filename: (number) => `a-${number}.gz`, now });
    const committed = async (collectionId: string, bytes = 10) => {
      const decided = await decide(await opened(collectionId, { wantedBytes: bytes }), bytes);
      if (decided === undefined) {
        throw new Error('It is not open');
      }
      return await store.uploads.complete(decided, now);
    };

    it('gives turns one after the other, with rising numbers', async () => {
      const id = crypto.randomUUID();
      expect(await store.turns.take(id, 'a', 60_000)).toBe(1);
      expect(await store.turns.take(id, 'a', 60_000)).toBe(1);
      expect(await store.turns.take(id, 'b', 60_000)).toBeUndefined();
      expect(await store.turns.renew(id, 'a', 60_000)).toEqual({ wanted: false });
      await store.turns.ask(id);
      expect(await store.turns.renew(id, 'a', 60_000)).toEqual({ wanted: true });
      expect(await store.turns.renew(id, 'b', 60_000)).toBeUndefined();
      await store.turns.release(id, 'b');
      expect(await store.turns.take(id, 'b', 60_000)).toBeUndefined();
      await store.turns.release(id, 'a');
      expect(await store.turns.take(id, 'b', -1)).toBe(2);
      expect(await store.turns.take(id, 'c', 60_000)).toBe(3);
      expect(await store.turns.renew(id, 'b', 60_000)).toBeUndefined();
      const racers = await Promise.all(['d', 'e', 'f'].map((owner) => store.turns.take(`${id}-2`, owner, 60_000)));
      expect(racers.filter((number) => number !== undefined)).toEqual([1]);
      await store.turns.take(`${id}-3`, 'a', -1);
      await store.turns.purge();
      expect(await store.turns.take(`${id}-3`, 'a', 60_000)).toBe(1);
    });

    it('answers', async () => {
      await store.check();
    });

    it('records, lists and revokes sessions', async () => {
      const user = newCollection();
      const access = {
        createdAt: now,
        expiresAt: after(minute),
        description: 'Login',
        requesterIp: '::1',
        user,
        accessKeyName: 'k',
        secretFingerprint: 'f',
      };
      expect(await store.sessions.record({ ...access, id: `${user}-1` }, 0)).toBe(true);
      expect(await store.sessions.record({ ...access, id: `${user}-1` }, 0)).toBe(true);
      expect(await store.sessions.record({ ...access, id: `${user}-2`, createdAt: after(1) }, 0)).toBe(true);
      await expect(store.sessions.record({ ...access, id: `${user}-1`, user: 'x' }, 0)).rejects.toThrow();
      expect(await store.sessions.find(`${user}-1`)).toEqual({
        ...access,
        id: `${user}-1`,
        updatedAt: now,
        deactivated: false,
      });
      expect((await store.sessions.listOf(user)).map((session) => session.id)).toEqual([`${user}-2`, `${user}-1`]);
      expect([await store.sessions.revoke(`${user}-1`, after(2)), await store.sessions.revoke('none', now)]).toEqual([
        true,
        false,
      ]);
      expect((await store.sessions.find(`${user}-1`))?.deactivated).toBe(true);
      await store.sessions.purgeExpired(after(2 * minute));
      expect(await store.sessions.listOf(user)).toEqual([]);
    });

    it('gives a lock to one owner until it expires', async () => {
      const id = newCollection();
      const lease = { now, until: after(minute) };
      const owners = await Promise.all(['a', 'b', 'c', 'd'].map((owner) => store.locks.acquire(id, owner, lease)));
      expect(owners.filter(Boolean)).toHaveLength(1);
      const holder = ['a', 'b', 'c', 'd'][owners.indexOf(true)] ?? '';
      await store.locks.release(id, 'x');
      expect(await store.locks.acquire(id, 'x', lease)).toBe(false);
      expect(await store.locks.acquire(id, 'x', { now: after(minute), until: after(2 * minute) })).toBe(true);
      expect(await store.locks.renew(id, holder, after(3 * minute))).toBe(false);
      expect(await store.locks.renew(id, 'x', after(3 * minute))).toBe(true);
      await store.locks.release(id, 'x');
      expect(await store.locks.acquire(id, 'y', lease)).toBe(true);
    });

    it('numbers versions once and for ever', async () => {
      const collection = newCollection();
      const first = await committed(collection);
      const second = await committed(collection);
      expect([first.versionNumber, second.versionNumber]).toEqual([1, 2]);
      await store.versions.retire(second.id, now);
      await store.versions.retire(second.id, now);
      expect((await store.versions.list(collection)).map((version) => version.versionNumber)).toEqual([1]);
      expect((await committed(collection)).versionNumber).toBe(3);
      expect(await store.versions.find(collection, 2)).toBeUndefined();
      expect((await store.versions.latest(collection))?.versionNumber).toBe(3);
      const toRemove = (await store.versions.toRemove(1000)).map((version) => version.id);
      expect(toRemove).toContain(second.id);
      await store.versions.markRemoved(second.id, now);
      expect((await store.versions.toRemove(1000)).map((version) => version.id)).not.toContain(second.id);
    });

    it('numbers parallel commits differently', async () => {
      const collection = newCollection();
      const versions = await Promise.all(Array.from({ length: 20 }, () => committed(collection, 1)));
      expect(versions.map((version) => version.versionNumber).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 20 }, (_, index) => index + 1),
      );
    });

    it('reserves no more than the limits, with any number of callers', async () => {
      const collection = newCollection();
      const results = await Promise.all(
        Array.from({ length: 30 }, () => store.uploads.open(newUpload(collection, { wantedBytes: 90 }))),
      );
      const granted = results.flatMap((result) => (result === undefined ? [] : [result.upload]));
      expect(granted).toHaveLength(5);
      await store.uploads.abort(granted[0]?.id ?? '', 'test', now);
      expect(await store.uploads.open(newUpload(collection, { wantedBytes: 91 }))).toBeDefined();
      expect(await store.uploads.openOnes(collection)).toHaveLength(5);
    });

    it('gives one upload for one key', async () => {
      const collection = newCollection();
      const results = await Promise.all(
        Array.from({ length: 8 }, () => store.uploads.open(newUpload(collection, { key: 'the-key' }))),
      );
      expect(new Set(results.map((result) => result?.upload.id)).size).toBe(1);
      expect(results.filter((result) => result?.created)).toHaveLength(1);
      expect((await store.uploads.findByKey(collection, 'the-key'))?.id).toBe(results[0]?.upload.id);
    });

    it('decides once, and carries out once', async () => {
      const collection = newCollection();
      const upload = await opened(collection);
      const [one, two] = await Promise.all([decide(upload), decide(upload)]);
      expect([one, two].filter((decided) => decided !== undefined)).toHaveLength(1);
      const decided = one ?? two;
      expect(await store.versions.list(collection)).toEqual([]);
      expect((await store.uploads.unfinished()).map((found) => found.id)).toContain(upload.id);
      expect(await store.uploads.abort(upload.id, 'too late', now)).toBe(false);
      if (decided === undefined) {
        throw new Error('Nobody decided');
      }
      const versions = await Promise.all([1, 2, 3].map(() => store.uploads.complete(decided, now)));
      expect(new Set(versions.map((version) => version.id)).size).toBe(1);
      expect(versions[0]).toMatchObject({
        versionNumber: 1,
        filename: 'a-1.gz',
        bytes: 10,
        sha256: 'ab',
        createdAt: now,
      });
      expect(await store.uploads.openOnes(collection)).toEqual([]);
    });

    it('takes a decision back', async () => {
      const collection = newCollection();
      const upload = await opened(collection);
      await decide(upload);
      await store.uploads.giveUp(upload.id, 'lost', now);
      expect(await store.uploads.find(collection, upload.id)).toMatchObject({ state: 'aborted', reason: 'lost' });
      expect((await committed(collection)).versionNumber).toBe(2);
    });

    it('decides anew, with the next number, when the first decision cannot be carried out', async () => {
      const collection = newCollection();
      const upload = await opened(collection);
      expect(await store.uploads.reopen(upload.id, now)).toBe(false);
      await decide(upload);
      expect(await store.uploads.reopen(upload.id, now)).toBe(true);
      expect(await store.uploads.find(collection, upload.id)).toMatchObject({ state: 'open', decision: undefined });
      const again = await decide(upload);
      expect(again?.decision?.versionNumber).toBe(2);
      await store.uploads.complete(again ?? upload, now);
      expect(await store.uploads.reopen(upload.id, now)).toBe(false);
    });

    it('knows whether a live version has a file', async () => {
      const collection = newCollection();
      const version = await committed(collection);
      expect(await store.versions.hasFile(collection, version.filename)).toBe(true);
      expect(await store.versions.hasFile(newCollection(), version.filename)).toBe(false);
      await store.versions.retire(version.id, now);
      expect(await store.versions.hasFile(collection, version.filename)).toBe(false);
    });

    it('finds what nobody waits for', async () => {
      const collection = newCollection();
      const upload = await opened(collection);
      const mine = async (before: Date | undefined) =>
        (await store.uploads.abandoned(before)).filter((found) => found.collectionId === collection).length;
      expect([await mine(now), await mine(after(2 * minute)), await mine(undefined)]).toEqual([0, 1, 1]);
      expect(await store.uploads.extendLease(upload.id, after(5 * minute))).toBe(true);
      expect(await mine(after(2 * minute))).toBe(0);
      expect([await store.uploads.abort(upload.id, 'x', now), await store.uploads.abort(upload.id, 'y', now)]).toEqual([
        true,
        true,
      ]);
      expect(await store.uploads.extendLease(upload.id, after(minute))).toBe(false);
      await store.uploads.purge(after(1));
      expect(await store.uploads.findById(upload.id)).toBeUndefined();
    });

    it('keeps strange text as it is', async () => {
      const target = `'; drop table uploads; -- "\u{1F600}\u202E`;
      await store.audit.append({ action: 'test', outcome: 'done', target }, after(10 * minute));
      const latest = await store.audit.page({}, { limit: 50 });
      expect(latest.map((entry) => entry.target)).toContain(target);
    });

    it('pages through the audit log, newest first, whatever is added meanwhile', async () => {
      const collectionId = newCollection();
      const entry = (at: Date, detail: string) => ({ action: 'a', outcome: 'done' as const, collectionId, detail, at });
      await store.audit.appendAll(Array.from({ length: 120 }, (_, index) => entry(after(index >> 2), String(index))));
      const seen: (string | undefined)[] = [];
      let last: { id: string; at: Date } | undefined;
      for (;;) {
        const page = await store.audit.page({ collectionId }, { limit: 7, after: last });
        seen.push(...page.map(({ detail }) => detail));
        last = page.at(-1);
        if (last === undefined) {
          break;
        }
        await store.audit.append({ action: 'b', outcome: 'denied', collectionId }, after(minute));
      }
      expect(seen.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 120 }, (_, index) => index));
      expect(seen.slice(0, 4).map(Number).sort()).toEqual([116, 117, 118, 119]);
      const filtered = await store.audit.page({ collectionId, outcome: 'denied', action: 'b' }, { limit: 500 });
      expect(filtered.length).toBeGreaterThan(10);
      const between = await store.audit.page({ collectionId, since: after(3), until: after(5) }, { limit: 50 });
      expect(between).toHaveLength(8);
      expect(await store.audit.page({ collectionId, user: 'nobody' }, { limit: 5 })).toEqual([]);
      await store.audit.purge(after(2));
      expect(await store.audit.page({ collectionId, until: after(100) }, { limit: 500 })).toHaveLength(112);
    });

    it('revokes all sessions of a user or of one access key', async () => {
      const user = newCollection();
      const ids = ['x', 'x', '', ''].map((accessKeyName, index) => ({ id: `${user}-${index}`, accessKeyName }));
      for (const { id, accessKeyName } of ids) {
        const expiresAt = after(minute);
        const description = 'Login';
        const session = { id, createdAt: now, expiresAt, description, requesterIp: '', user, accessKeyName };
        await store.sessions.record({ ...session, secretFingerprint: undefined }, 0);
      }
      const live = async () =>
        (await store.sessions.listOf(user)).filter((one) => !one.deactivated).map(({ id }) => id);
      await store.sessions.shorten(user, 'x', after(1000));
      expect((await store.sessions.find(`${user}-0`))?.expiresAt).toEqual(after(1000));
      expect((await store.sessions.find(`${user}-2`))?.expiresAt).toEqual(after(minute));
      expect(await store.sessions.revokeAll(user, { accessKeyName: 'x' }, now)).toBe(2);
      expect((await live()).sort()).toEqual([`${user}-2`, `${user}-3`]);
      expect(await store.sessions.revokeAll(user, { except: `${user}-2` }, now)).toBe(1);
      expect(await live()).toEqual([`${user}-2`]);
      expect(await store.sessions.revokeAll(`${user}-other`, {}, now)).toBe(0);
    });

    it('records no session that was decided on before all were revoked, however they meet', async () => {
      const description = 'Login';
      const session = { createdAt: now, expiresAt: after(minute), description, requesterIp: '', accessKeyName: '' };
      for (let round = 0; round < 10; round += 1) {
        const user = newCollection();
        expect(await store.sessions.epochOf(user)).toBe(0);
        const record = (id: string) =>
          store.sessions.record({ ...session, id: `${user}-${id}`, user, secretFingerprint: 'f' }, 0);
        const [, revoked, ...recorded] = await Promise.all([
          record('first'),
          store.sessions.revokeAll(user, {}, now),
          ...['a', 'b', 'c'].map(record),
        ]);
        const listed = await store.sessions.listOf(user);
        expect(listed.filter((one) => !one.deactivated)).toEqual([]);
        expect(listed).toHaveLength(revoked);
        expect(listed.length).toBeGreaterThanOrEqual(recorded.filter(Boolean).length);
        expect(await record('late')).toBe(false);
        const epoch = await store.sessions.epochOf(user);
        expect(epoch).toBe(1);
        expect(await store.sessions.record({ ...session, id: user, user, secretFingerprint: 'f' }, epoch)).toBe(true);
        await store.sessions.restamp(user, 'g');
        expect((await store.sessions.find(user))?.secretFingerprint).toBe('g');
      }
    });

    it('adds up what each collection holds', async () => {
      const [full, granted] = [newCollection(), newCollection()];
      await committed(full, 10);
      await committed(full, 30);
      await opened(granted, { wantedBytes: 50 });
      const usage = new Map((await store.usage.byCollection()).map((one) => [one.collectionId, one]));
      expect(usage.get(full)).toMatchObject({ versions: 2, bytes: 40, reservedBytes: 0, lastGoodAt: now });
      const nothing = { versions: 0, bytes: 0, lastGoodAt: undefined };
      expect(usage.get(granted)).toEqual({ collectionId: granted, reservedBytes: 50, ...nothing });
    });

    it('remembers access keys', async () => {
      const user = newCollection();
      expect(await store.accessKeys.find(user, 'k')).toBeUndefined();
      await store.accessKeys.used(user, 'k', { at: now, ip: '1.2.3.4' });
      expect(await store.accessKeys.find(user, 'k')).toMatchObject({ lastUsedAt: now, lastUsedIp: '1.2.3.4' });
      await store.accessKeys.created({ user, name: 'k', at: now, by: 'admin', expiresAt: after(minute) });
      await store.accessKeys.rotated(user, 'k', { at: now, previousHash: 'h', previousUntil: after(1) });
      expect(await store.accessKeys.listOf(user)).toEqual([
        {
          user,
          name: 'k',
          createdAt: now,
          createdBy: 'admin',
          rotatedAt: now,
          expiresAt: after(minute),
          previousHash: 'h',
          previousUntil: after(1),
          lastUsedAt: undefined,
          lastUsedIp: undefined,
        },
      ]);
      await store.accessKeys.expire(user, 'k', undefined);
      expect((await store.accessKeys.find(user, 'k'))?.expiresAt).toBeUndefined();
      await store.accessKeys.created({ user, name: 'other', at: now, by: 'admin', expiresAt: undefined });
      await store.accessKeys.forget(user, 'k');
      expect((await store.accessKeys.listOf(user)).map(({ name }) => name)).toEqual(['other']);
      await store.accessKeys.forget(user);
      expect(await store.accessKeys.listOf(user)).toEqual([]);
    });
  });
};
