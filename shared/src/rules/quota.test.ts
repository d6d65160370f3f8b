import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allowedUploadBytes,
  type CollectionLimits,
  fitsAtCommit,
  protectedFromLeaving,
  retentionOf,
  type StoredVersion,
} from './quota.ts';
import { versionsToRotate } from './retention.ts';

const kibibyte = 1024;
const limits = { maxVersions: 2, maxVersionBytes: kibibyte, maxTotalBytes: 4 * kibibyte };
const now = new Date('2026-11-23T08:00:00Z');
const hour = 3_600_000;
const ago = (hours: number): Date => new Date(now.getTime() - hours * hour);
const stored = (...sizes: number[]): StoredVersion[] =>
  sizes.map((bytes, index) => ({ versionNumber: index + 1, bytes, createdAt: now }));

const total = (numbers: number[]): number => numbers.reduce((sum, next) => sum + next, 0);

class CollectionModel {
  readonly #limits: CollectionLimits;
  #versions: StoredVersion[] = [];
  #next = 1;
  readonly #open: number[] = [];

  constructor(limits: CollectionLimits) {
    this.#limits = limits;
  }

  open(grant: number): void {
    this.#open.push(Math.min(grant, allowedUploadBytes(this.#limits, this.#versions, { now, reserved: this.#open })));
  }

  end(index: number, commits: boolean): void {
    const [bytes] = index < this.#open.length ? this.#open.splice(index, 1) : [];
    if (bytes !== undefined && commits) {
      this.#versions.push({ versionNumber: this.#next++, bytes, createdAt: now });
      this.#versions = this.#without(0);
    }
  }

  stored(): number {
    return total(this.#versions.map((version) => version.bytes));
  }

  keptAndGranted(): number {
    return total([...this.#without(1).map((version) => version.bytes), ...this.#open]);
  }

  #without(incoming: number): StoredVersion[] {
    const gone = new Set(versionsToRotate(this.#versions, retentionOf(this.#limits), { now, incoming }));
    return this.#versions.filter((version) => !gone.has(version));
  }
}

describe('allowedUploadBytes', () => {
  it('follows the documented example', () => {
    expect(allowedUploadBytes(limits, [], { now })).toBe(3072);
    expect(allowedUploadBytes(limits, stored(3072), { now })).toBe(1024);
    expect(allowedUploadBytes(limits, stored(3072, 1024), { now })).toBe(3072);
  });

  it('is the soft limit when there is no extra room', () => {
    expect(allowedUploadBytes({ ...limits, maxTotalBytes: 2 * kibibyte }, stored(10), { now })).toBe(1024);
  });

  it('does not transfer the unused room of small versions', () => {
    expect(allowedUploadBytes({ ...limits, maxTotalBytes: 2 * kibibyte }, stored(1), { now })).toBe(1024);
  });

  it('falls back to the soft limit after a later reduction, within the hard one', () => {
    expect(allowedUploadBytes({ ...limits, maxTotalBytes: 3 * kibibyte }, stored(3000), { now })).toBe(72);
    expect(allowedUploadBytes({ ...limits, maxTotalBytes: 2500 }, stored(3000), { now })).toBe(0);
  });

  it('never lets kept and granted bytes exceed the hard limit, however parallel uploads end', () => {
    const step = fc.record({ grant: fc.nat({ max: 4000 }), commits: fc.boolean(), ends: fc.nat({ max: 5 }) });
    const collection = fc
      .record({ maxVersions: fc.integer({ min: 1, max: 5 }), maxVersionBytes: fc.integer({ min: 1, max: 1000 }) })
      .chain((base) =>
        fc
          .nat({ max: 3000 })
          .map((extra) => ({ ...base, maxTotalBytes: base.maxVersions * base.maxVersionBytes + extra })),
      );
    fc.assert(
      fc.property(collection, fc.array(step, { maxLength: 40 }), (all, steps) => {
        const model = new CollectionModel(all);
        for (const { grant, commits, ends } of steps) {
          model.open(grant);
          expect(model.keptAndGranted()).toBeLessThanOrEqual(all.maxTotalBytes);
          model.end(ends, commits);
          expect(model.stored()).toBeLessThanOrEqual(all.maxTotalBytes);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('counts what a hold or the minimum age keeps, and says so', () => {
    const tight = { maxVersions: 2, maxVersionBytes: 100, maxTotalBytes: 200 };
    const versions = [100, 100].map((bytes, index) => ({
      versionNumber: index + 1,
      bytes,
      createdAt: ago(48 - index),
    }));
    expect(allowedUploadBytes(tight, versions, { now })).toBe(100);
    const held = versions.map((version) => ({ ...version, hold: version.versionNumber === 1 ? {} : undefined }));
    expect(allowedUploadBytes(tight, held, { now })).toBe(0);
    expect(fitsAtCommit(tight, versions, { now, bytes: 100 })).toBe(true);
    expect(fitsAtCommit(tight, held, { now, bytes: 1 })).toBe(false);
    expect(protectedFromLeaving(tight, held, now).map((version) => version.versionNumber)).toEqual([1]);
    const young = { ...tight, retention: { ...retentionOf(tight), minimumAge: 72 * hour } };
    expect(allowedUploadBytes(young, versions, { now })).toBe(0);
    expect(protectedFromLeaving(young, versions, now).map((version) => version.versionNumber)).toEqual([1]);
  });
});
