import { describe, expect, it } from 'vitest';
import { fifoPolicy } from './retention.ts';
import { forecastCollection } from './retention-forecast.ts';

const day = 86_400_000;
const now = new Date('2026-11-23T12:00:00Z');
const daily = (count: number, bytes: number) =>
  Array.from({ length: count }, (_, index) => ({
    versionNumber: index + 1,
    bytes,
    createdAt: new Date(now.getTime() - (count - 1 - index) * day),
  }));
const limits = { maxVersions: 3, maxVersionBytes: 100, maxTotalBytes: 300 };

describe('forecastCollection', () => {
  it('says what leaves next and when', () => {
    const forecast = forecastCollection(limits, daily(3, 100), { now });
    expect(forecast).toMatchObject({ presentBytes: 100, interval: day, allowedBytes: 100, uploadsThatFit: undefined });
    expect(forecast.departures).toEqual(
      [1, 2, 3].map((step) => ({
        versionNumber: step,
        afterUploads: step,
        at: new Date(now.getTime() + step * day),
      })),
    );
    expect(forecast.kept).toEqual([
      { versionNumber: 1, because: [] },
      { versionNumber: 2, because: ['strategy'] },
      { versionNumber: 3, because: ['strategy'] },
    ]);
  });

  it('says when the quota is reached, and what stands in the way', () => {
    const aged = { ...limits, maxTotalBytes: 500, retention: { ...fifoPolicy(3), minimumAge: 30 * day } };
    const forecast = forecastCollection(aged, daily(3, 100), { now });
    expect(forecast.uploadsThatFit).toBe(2);
    expect(forecast.fullAt).toEqual(new Date(now.getTime() + 3 * day));
    expect(forecast.blockedBy).toEqual([]);
    expect(forecastCollection(aged, daily(5, 100), { now }).blockedBy).toEqual([1, 2, 3]);
    const held = daily(3, 100).map((version) => ({ ...version, hold: version.versionNumber === 1 ? {} : undefined }));
    expect(forecastCollection(limits, held, { now })).toMatchObject({ uploadsThatFit: 0, blockedBy: [1] });
  });

  it('knows no pace and no size without versions', () => {
    expect(forecastCollection(limits, [], { now })).toMatchObject({
      presentBytes: 0,
      interval: undefined,
      departures: [],
      fullAt: undefined,
      blockedBy: [],
    });
    expect(forecastCollection(limits, daily(1, 100), { now }).departures[0]).toMatchObject({
      versionNumber: 1,
      at: undefined,
    });
  });
});
