import { type KubeClient, KubeError } from '@backstay/kubernetes';
import { type Event, resourceTypes } from '@backstay/shared';

const mostEvents = 200;

/** Events about the objects of these uids in a namespace, newest first; none where the reader may not see events. */
export async function eventsOf(client: KubeClient, namespace: string, uids: ReadonlySet<string>): Promise<Event[]> {
  const lists = await Promise.all(
    [...uids].map((uid) =>
      client
        .list(resourceTypes.events, { namespace, fieldSelector: `involvedObject.uid=${uid}`, limit: mostEvents })
        .catch(noneWhenForbidden),
    ),
  );
  return lists
    .flatMap((list) => list.items)
    .filter((event) => uids.has(event.involvedObject.uid ?? ''))
    .toSorted((a, b) => instantOf(b).localeCompare(instantOf(a)));
}

function noneWhenForbidden(error: unknown): { items: Event[] } {
  if (error instanceof KubeError && (error.status === 403 || error.status === 404)) return { items: [] };
  throw error;
}

const instantOf = (event: Event): string =>
  event.lastTimestamp ?? event.eventTime ?? event.firstTimestamp ?? event.metadata.creationTimestamp ?? '';

/** As the console's API shows an event. */
export const eventItem = (event: Event) => ({
  type: event.type === 'Warning' ? ('Warning' as const) : ('Normal' as const),
  reason: event.reason ?? '',
  message: event.message ?? '',
  count: event.count ?? 1,
  at: new Date(instantOf(event) || 0).toISOString(),
  about: `${event.involvedObject.kind ?? ''}/${event.involvedObject.name ?? ''}`,
});
