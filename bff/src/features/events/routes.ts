import { eventRoutes } from '@backstay/shared';
import type { Endpoints } from '../../http/handle.ts';
import type { Identity } from '../../identity/identity.ts';
import type { Sessions } from '../../identity/sessions.ts';
import type { ChangeRing } from './change-ring.ts';
import { streamEvents, type Visible } from './event-stream.ts';

export interface EventParts {
  ring: ChangeRing;
  sessions: Sessions;
  visible: (identity: Identity) => Promise<Visible>;
  /** Aborts when the console stops. */
  stopping: AbortSignal;
}

export function addEventRoutes(endpoints: Endpoints, parts: EventParts): void {
  endpoints.add(eventRoutes.streamEvents, async ({ identity, sessionId, request, response, signal }) => {
    const signedOut = new AbortController();
    const off = parts.sessions.onEnd(sessionId, () => signedOut.abort());
    const lastEventId = request.headers['last-event-id'];
    try {
      await streamEvents({
        ring: parts.ring,
        response,
        lastEventId: typeof lastEventId === 'string' ? lastEventId : undefined,
        visible: () => parts.visible(identity),
        isAlive: async () => (await parts.sessions.find(sessionId, { touch: false })) !== undefined,
        signal: AbortSignal.any([signal, signedOut.signal, parts.stopping]),
      });
    } finally {
      off();
    }
  });
}
