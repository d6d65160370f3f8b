import type { KubeObject } from '@backstay/shared';
import { isObject } from '../json.ts';
import { ApiError, badRequest, expired, forbiddenValue } from '../registry/api-error.ts';
import { inVersion, type ObjectRegistry } from '../registry/object-registry.ts';
import { parseFieldSelector, parseLabelSelector } from '../registry/selectors.ts';
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
  const items: KubeObject[] = [];
  let more = false;
  const start = { at: revision, ...(after ? { after } : {}), ...(namespace ? { namespace } : {}) };
  for (const { object } of readable(
    () => registry.store.range({ resource: kind.storageKey, ...start }),
    after !== undefined,
  )) {
    if (!(labels?.(object) ?? true) || !(fields?.matches(object) ?? true)) continue;
    more = limit > 0 && items.length === limit;
    if (more) break;
    items.push(inVersion(kind, object));
  }
  const last = items.at(-1);
  const metadata: ListMetadata = { resourceVersion: String(revision) };
  if (more && last) {
    metadata.continue = writeToken(revision, last);
    if (!labels && !fields) {
      const next = { namespace: last.metadata.namespace ?? '', name: last.metadata.name };
      metadata.remainingItemCount = registry.store.countRange({ ...start, resource: kind.storageKey, after: next });
    }
  }
  sendJson(exchange, 200, projector.list(items, metadata));
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
