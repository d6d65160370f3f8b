import type { AuditRecorder } from '../access/audit-recorder.ts';
import type { RateLimiter } from '../access/rate-limit.ts';
import type { AuditEntry, AuditOutcome } from '../metadata/audit.ts';
import type { Route } from './context.ts';

/** What a request turns out to be about, for the audit log. Never a secret. */
export type RequestFacts = Partial<
  Pick<AuditEntry, 'action' | 'user' | 'accessKeyName' | 'sessionId' | 'collectionId' | 'target' | 'detail'>
>;

export interface DecidedRequest {
  readonly route: Route;
  readonly status: number;
  readonly facts: RequestFacts;
  readonly requestId: string;
  readonly clientAddress: string;
}

export type DecisionRecord = (request: DecidedRequest) => Promise<void>;

const refusals = new Set([401, 403, 429]);

/** Open routes decide nothing when they answer; every other one does. */
const kindOf = (route: Route): 'read' | 'change' | 'none' =>
  route.audit ?? (route.method === 'GET' ? (route.access === 'open' ? 'none' : 'read') : 'change');

const outcomeOf = (status: number, kind: 'read' | 'change' | 'none'): AuditOutcome => {
  if (status < 400) {
    return kind === 'change' ? 'done' : 'allowed';
  }
  return refusals.has(status) ? 'denied' : 'failed';
};

const entryOf = ({ route, status, facts, requestId, clientAddress }: DecidedRequest): AuditEntry => ({
  ...facts,
  action: facts.action ?? route.action ?? `${route.method} ${route.path}`,
  outcome: outcomeOf(status, kindOf(route)),
  requesterIp: clientAddress,
  requestId,
});

/**
 * Writes what was decided about each request. Changes are in the database before they are answered; the rest follows
 * soon. What comes without any identity is bounded by address, so that nobody can fill the log from outside.
 */
export const createDecisionRecord =
  (audit: AuditRecorder, strangers: RateLimiter): DecisionRecord =>
  async (request) => {
    const kind = kindOf(request.route);
    const entry = entryOf(request);
    if (kind === 'none' && entry.outcome !== 'denied') {
      return;
    }
    if (entry.user === undefined && strangers.take(request.clientAddress)?.allowed === false) {
      return;
    }
    if (kind === 'change' && entry.outcome === 'done') {
      await audit.record(entry);
    } else {
      audit.recordSoon(entry);
    }
  };
