import { formatSize, parseBackupWindow, parseGoDuration, parseSize } from '@backstay/shared';
import fc from 'fast-check';
import { createAddressSet, plainAddress } from '../../access/ip-rules.ts';
import { decodeScope, encodeScope, operationsScopeSchema } from '../../access/operations-scope.ts';
import { parseRange } from '../../features/byte-range.ts';
import { repositorySettings, SettingsError } from '../../settings/repository-settings.ts';
import { type FuzzTarget, must, syncTarget } from '../fuzz-target.ts';
import { pieces } from '../inputs.ts';

const sizes = syncTarget({
  name: 'sizes',
  family: 'FUZZ',
  weight: 4,
  inputs: pieces('1', '9', '.', '5', 'K', 'kb', 'M', 'GiB', 'E', 'EB', ' ', '-', '+', 'e'),
  check: (text) => {
    const bytes = parseSize(text);
    must(bytes === undefined || (Number.isSafeInteger(bytes) && bytes >= 0), 'a size is a whole number of bytes');
    must(bytes === undefined || parseSize(formatSize(bytes)) === bytes, 'a size can be written and read again');
  },
});

const durations = syncTarget({
  name: 'durations',
  family: 'FUZZ',
  weight: 4,
  inputs: pieces('1', '30', '.', 'ns', 'us', 'µs', 'ms', 's', 'm', 'h', 'd', '-', '+', '0'),
  check: (text) => {
    const milliseconds = parseGoDuration(text);
    must(milliseconds === undefined || Number.isFinite(milliseconds), 'a duration is a number');
  },
});

const cronField = fc.oneof(
  {
    arbitrary: fc.constantFrom('*', '*/2', '0', '30', '1-5', '5-1', '*/0', '2', '31', '60', 'feb', 'mon', '?', 'L'),
    weight: 6,
  },
  { arbitrary: pieces('*', '/', '-', ',', '1', '59', 'jan', 'sun'), weight: 1 },
);
const windows = syncTarget({
  name: 'windows',
  family: 'FUZZ',
  weight: 2,
  inputs: fc.record({
    from: fc
      .tuple(
        fc.constantFrom('', '', 'TZ=Europe/Warsaw ', 'CRON_TZ=America/New_York ', 'TZ=x '),
        fc.array(cronField, { maxLength: 6 }),
      )
      .map(([zone, fields]) => `${zone}${fields.join(' ')}`),
    duration: fc.oneof(fc.constantFrom('30m', '1h', '1ns', '99999h', '0', '-1m'), pieces('1', 'h', 'm')),
    at: fc.integer({ min: 0, max: 4_102_444_800_000 }),
  }),
  check: ({ at, ...definition }) => {
    const result = parseBackupWindow(definition, { timeZone: 'UTC' });
    if (!result.ok) {
      must(result.message.startsWith('cannot parse Backup Window'), 'a refusal says what it is about');
      return;
    }
    const now = new Date(at);
    const slot = result.window.latestSlot(now);
    must(slot === undefined || (slot.from <= now && slot.from <= slot.until), 'a slot began before and ends later');
    must(result.window.contains(now) === (slot !== undefined && now < slot.until), 'inside is inside the latest slot');
  },
});

const ranges = syncTarget({
  name: 'ranges',
  family: 'FUZZ',
  weight: 4,
  inputs: fc.record({ header: pieces('bytes=', '0', '-', '5', ','), size: fc.nat({ max: 2 ** 40 }) }),
  check: ({ header, size }) => {
    const range = parseRange(header, size);
    const inside =
      range === undefined ||
      range === 'unsatisfiable' ||
      (Number.isSafeInteger(range.start) && range.start >= 0 && range.start <= range.end && range.end < size);
    must(inside, 'a range lies inside');
  },
});

const scopes = syncTarget({
  name: 'operationsScope',
  family: 'FUZZ',
  weight: 2,
  inputs: fc.oneof(
    fc.jsonValue({ maxDepth: 4 }),
    fc.record({
      elements: fc.array(fc.record({ type: pieces(), name: pieces(), roles: fc.jsonValue() }, { requiredKeys: [] })),
    }),
  ),
  check: (value) => {
    const parsed = operationsScopeSchema.safeParse(value);
    if (parsed.success) {
      const again = decodeScope(encodeScope(parsed.data));
      must(JSON.stringify(again) === JSON.stringify(parsed.data), 'the claim says the same');
      const wasLimited =
        typeof value === 'object' && value !== null && Array.isArray((value as { elements?: unknown }).elements);
      const elements = wasLimited ? (value as { elements: unknown[] }).elements : [];
      must(elements.length === 0 || parsed.data?.elements.length === elements.length, 'no limit gets lost');
    }
  },
});

const addresses = syncTarget({
  name: 'addresses',
  family: 'FUZZ',
  weight: 1,
  inputs: fc.record({
    rules: fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), pieces('10.0.0.0', '/', '8', '33', '::1', '128', 'fe80::1%eth0')), {
      maxLength: 4,
    }),
    address: fc.oneof(fc.ipV4(), fc.ipV6(), pieces('::ffff:', '1.2.3.4', ':', '::')),
  }),
  check: ({ rules, address }) => {
    const set = createAddressSet(rules);
    must(set.invalid.length < rules.length || !set.has(plainAddress(address)), 'rules that are none match nothing');
  },
});

const settings = syncTarget({
  name: 'settings',
  family: 'FUZZ',
  weight: 1,
  inputs: fc.record({
    argv: fc.array(
      pieces('--listen', '--db-port', '=', '-s', '--', ':8080', '-n', '--rate-auth-limit', '--jwt-lifetime', '6h'),
      { maxLength: 4 },
    ),
    level: pieces('debug', 'info'),
  }),
  check: ({ argv, level }) => {
    try {
      repositorySettings({ BR_LOG_LEVEL: level, BR_JWT_SECRET_KEY: 'k', BR_STORAGE_DRIVER_URL: 'file:///tmp' }, argv);
    } catch (error) {
      must(error instanceof SettingsError, 'bad settings are listed');
    }
  },
});

export const parserTargets: readonly FuzzTarget[] = [sizes, durations, windows, ranges, scopes, addresses, settings];
