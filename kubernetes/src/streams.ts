import type { KubeObject, ResourceType } from '@backstay/shared';
import { readLines } from './http/lines.ts';
import { collectionPath, objectPath } from './http/resource-path.ts';
import { errorFromStatus, unreachable } from './http/status-error.ts';
import type { ByteStream, KubeRequest, StreamTimeouts, Transport } from './http/transport.ts';
import { KubeError, type LogOptions, type WatchEvent, type WatchOptions } from './kube-client.ts';

const watchSeconds = 300;
const watchGraceMs = 15_000;

const pods: ResourceType = { apiVersion: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };

/** Reads a stream so that abort is a clean end, and that a consumer who stops early frees the connection. */
async function* readStream(
  transport: Transport,
  request: KubeRequest,
  { onOpen, ...timeouts }: StreamTimeouts & { onOpen?: (() => void) | undefined },
): AsyncGenerator<Uint8Array> {
  let body: ByteStream | undefined;
  try {
    if (request.signal?.aborted) {
      return;
    }
    body = await transport.stream(request, timeouts);
    onOpen?.();
    yield* body;
  } catch (error) {
    if (!request.signal?.aborted) {
      throw unreachable(error, transport.server);
    }
  } finally {
    body?.destroy();
  }
}

const parseLine = <T extends KubeObject>(line: string): WatchEvent<T> => {
  let event: { type?: unknown; object?: unknown } | null;
  try {
    event = JSON.parse(line);
  } catch (cause) {
    throw new KubeError(0, 'A line of the watch is not JSON.', { reason: 'BadResponse', cause });
  }
  if (event?.type === 'ERROR') {
    throw errorFromStatus(event.object, 500);
  }
  if (!isWatchEvent<T>(event)) {
    throw new KubeError(0, 'A line of the watch is not an event.', { reason: 'BadResponse' });
  }
  return event;
};

const eventTypes: readonly unknown[] = ['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK'];

const isWatchEvent = <T extends KubeObject>(event: unknown): event is WatchEvent<T> => {
  if (typeof event !== 'object' || event === null || !('type' in event) || !('object' in event)) {
    return false;
  }
  const { object } = event;
  return eventTypes.includes(event.type) && typeof object === 'object' && object !== null && 'metadata' in object;
};

export async function* watchObjects<T extends KubeObject>(
  transport: Transport,
  type: ResourceType<T>,
  options: WatchOptions,
): AsyncGenerator<WatchEvent<T>> {
  const seconds = options.timeoutSeconds ?? watchSeconds;
  const request: KubeRequest = {
    method: 'GET',
    path: collectionPath(type, options.namespace),
    query: {
      watch: true,
      allowWatchBookmarks: true,
      resourceVersion: options.resourceVersion,
      labelSelector: options.labelSelector,
      fieldSelector: options.fieldSelector,
      timeoutSeconds: seconds,
    },
    signal: options.signal,
  };
  // The server ends a watch by itself after `seconds`; a longer silence means that nobody is there any more.
  const timeouts = { headers: 30_000, idle: seconds * 1000 + watchGraceMs, onOpen: options.onOpen };
  for await (const line of readLines(readStream(transport, request, timeouts))) {
    yield parseLine<T>(line);
  }
}

export const readPodLog = (
  transport: Transport,
  key: { namespace: string; name: string },
  options: LogOptions = {},
): AsyncGenerator<Uint8Array> => {
  const request: KubeRequest = {
    method: 'GET',
    path: objectPath(pods, key, 'log'),
    query: {
      container: options.container,
      follow: options.follow,
      tailLines: options.tailLines,
      sinceTime: options.sinceTime,
      timestamps: options.timestamps,
    },
    signal: options.signal,
  };
  const timeouts = options.follow ? { headers: 0, idle: 0 } : { headers: 60_000, idle: 60_000 };
  return readStream(transport, request, { ...timeouts, onOpen: options.onOpen });
};
