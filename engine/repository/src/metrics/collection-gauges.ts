import { parseSize } from '@backstay/shared';
import type { Logger } from 'pino';
import { Gauge, type Registry } from 'prom-client';
import type { ConfigurationProvider } from '../configuration/configuration-provider.ts';
import type { CollectionUsage, UsageStore } from '../metadata/usage.ts';

/** More collections than this are not told apart: each would be a handful of series for ever. */
const maxCollections = 2000;
/** Several scrapers share one look into the database. Milliseconds. */
const freshFor = 10_000;
const prefix = 'backstay_repository_';

interface Sources {
  readonly registry: Registry;
  readonly usage: UsageStore;
  readonly configuration: ConfigurationProvider;
  readonly logger: Logger;
}

const createGauges = (registry: Registry) => {
  const gauge = (name: string, help: string) =>
    new Gauge({ name: `${prefix}${name}`, help, registers: [registry], labelNames: ['collection'] });
  return {
    versions: gauge('collection_versions', 'Versions that are stored.'),
    stored: gauge('collection_stored_bytes', 'Bytes of these versions.'),
    reserved: gauge('collection_reserved_bytes', 'Bytes granted to uploads that are open.'),
    quota: gauge('collection_quota_bytes', 'maxCollectionSize.'),
    lastGood: gauge(
      'collection_last_good_backup_timestamp_seconds',
      'When the newest version that is not known to be bad was stored; 0: there is none. Alert when it is too long ago.',
    ),
  };
};

const quotas = async (configuration: ConfigurationProvider): Promise<Map<string, number>> => {
  const stored = await configuration.documents.list('BackupCollection');
  return new Map(stored.map(({ name, spec }) => [name, parseSize(String(spec['maxCollectionSize'] ?? '')) ?? 0]));
};

const empty = { versions: 0, bytes: 0, reservedBytes: 0, lastGoodAt: undefined };

/**
 * Series of all collections that are configured, so that one without any backup is seen as well. The result brings them up
 * to date and never rejects: what cannot be read is not shown, since old figures would hide that.
 */
export const createCollectionGauges = (sources: Sources): (() => Promise<void>) => {
  const { registry, usage, configuration, logger } = sources;
  const gauges = createGauges(registry);
  const readable = new Gauge({
    name: `${prefix}collections_readable`,
    help: '0: the collections could not be read, so nothing is said of them.',
    registers: [registry],
  });
  const show = (name: string, quota: number, found: Omit<CollectionUsage, 'collectionId'>): void => {
    const label = { collection: name };
    gauges.versions.set(label, found.versions);
    gauges.stored.set(label, found.bytes);
    gauges.reserved.set(label, found.reservedBytes);
    gauges.quota.set(label, quota);
    gauges.lastGood.set(label, (found.lastGoodAt?.getTime() ?? 0) / 1000);
  };
  const clear = (): void => {
    for (const gauge of Object.values(gauges)) {
      gauge.reset();
    }
  };
  const read = async (): Promise<void> => {
    try {
      const [limits, used] = await Promise.all([quotas(configuration), usage.byCollection()]);
      const byName = new Map(used.map((one) => [one.collectionId, one]));
      clear();
      for (const [name, quota] of [...limits].slice(0, maxCollections)) {
        show(name, quota, byName.get(name) ?? empty);
      }
      readable.set(1);
    } catch (error) {
      logger.error({ err: error }, 'the collections could not be read for the metrics');
      clear();
      readable.set(0);
    }
  };
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> = Promise.resolve();
  return () => {
    if (performance.now() - readAt >= freshFor) {
      readAt = performance.now();
      reading = read();
    }
    return reading;
  };
};
