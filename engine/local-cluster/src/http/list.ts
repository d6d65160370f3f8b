import type { KubeObject } from '@backstay/shared';
import { isObject } from '../json.ts';
import { ApiError, badRequest, expired, forbiddenValue } from '../registry/api-error.ts';
import { inVersion, type ObjectRegistry } from '../registry/object-registry.ts';
import { type Matcher, parseFieldSelector, parseLabelSelector } from '../registry/selectors.ts';
import type { Stored } from '../store/object-store.ts';
import { integerParameter, optionsInvalid, type ResourceExchange } from './exchange.ts';
import { type ListMetadata, projectorFor } from './projector.ts';
import { sendJson } from './respond.ts';

interface Position {
  revision: number;
  after?: { namespace: string; name: string };
}

const writeToken = (revision: number, { metadata }: KubeObject): string =>
  Buffer.from(JSON.stringify({ v: 'v1', rv: revision, start: [metadata.namespace ?? '', metadata.name] })).toString(
    'base64url',
  );

function readToken(token: string): Position {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (isObject(parsed) && typeof parsed['rv'] === 'number' && Array.isArray(parsed['start'])) {
      const [namespace, name] = parsed['start'].map(String);
      return { revision: parsed['rv'], after: { namespace: namespace ?? '', name: name ?? '' } };
    }
  } catch {
    // Answered below.
  }
  throw badRequest('continue key is not valid');
}

function positionOf(query: URLSearchParams, registry: ObjectRegistry): Position {
  const token = query.get('continue');
  const given = query.get('resourceVersion') ?? '';
  if (token) {
    if (given !== '' && given !== '0')
      throw badRequest('specifying resource version is not allowed when using continue');
    return readToken(token);
  }
  const match = query.get('resourceVersionMatch');
  if (match && given === '') {
    throw optionsInvalid(
      'ListOptions',
      forbiddenValue('resourceVersionMatch', 'resourceVersionMatch is forbidden unless resourceVersion is provided'),
    );
  }
  const current = registry.store.revision;
  if (given === '' || given === '0') return { revision: current };
  if (!/^[0-9]+$/.test(given)) {
    throw badRequest(
      `resourceVersion: Invalid value: ${JSON.stringify(given)}: strconv.ParseUint: parsing ${JSON.stringify(given)}: invalid syntax`,
    );
  }
  if (Number(given) > current) throw tooLarge(Number(given), current);
  return { revision: match === 'Exact' ? Number(given) : current };
}

const tooLarge = (asked: number, current: number) =>
  new ApiError(504, 'Timeout', {
    message: `Timeout: Too large resource version: ${asked}, current: ${current}`,
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version', field: '' }],
      retryAfterSeconds: 1,
    },
  });

export function handleList(exchange: ResourceExchange, registry: ObjectRegistry): void {
  const { kind, query, namespace } = exchange;
  const projector = projectorFor(exchange, registry.clock.now().getTime());
  const labels = parseLabelSelector(query.get('labelSelector') ?? undefined);
  const fields = parseFieldSelector(kind, query.get('fieldSelector') ?? undefined);
  const { revision, after } = positionOf(query, registry);
  const limit = Math.max(0, integerParameter(query, 'limit') ?? 0);
  const range = { resource: kind.storageKey, at: revision, ...(namespace ? { namespace } : {}) };
  const stored = readable(() => registry.store.range({ ...range, ...(after ? { after } : {}) }), after !== undefined);
  const matches: Matcher = (object) => (labels?.(object) ?? true) && (fields?.matches(object) ?? true);
  const { items, more } = page(stored, matches, limit);
  const metadata: ListMetadata = { resourceVersion: String(revision) };
  const last = items.at(-1);
  if (more && last) {
    metadata.continue = writeToken(revision, last);
    const next = { namespace: last.metadata.namespace ?? '', name: last.metadata.name };
    if (!labels && !fields) metadata.remainingItemCount = registry.store.countRange({ ...range, after: next });
  }
  const shown = items.map((object) => inVersion(kind, object));
  sendJson(exchange, 200, projector.list(shown, metadata));
}

/** The first matching objects; `limit` 0 means all. */
function page(stored: Iterable<Stored>, matches: Matcher, limit: number): { items: KubeObject[]; more: boolean } {
  const items: KubeObject[] = [];
  for (const { object } of stored) {
    if (!matches(object)) continue;
    if (limit > 0 && items.length === limit) return { items, more: true };
    items.push(object);
  }
  return { items, more: false };
}

/** A list that cannot go on tells how to begin again. */
function* readable<T>(range: () => Iterable<T>, continued: boolean): Iterable<T> {
  try {
    yield* range();
  } catch (error) {
    if (!continued || !(error instanceof ApiError) || error.code !== 410) throw error;
    throw expired(
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
    );
  }
}
