import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface FinishedRequest {
  readonly method: string;
  /** The pattern of the route, never the path: there are endless paths. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

/** What the server counts. Collections are labels only where their number is bounded. */
export interface RepositoryMetrics {
  readonly registry: Registry;
  requestFinished(request: FinishedRequest): void;
  loginFailed(reason: 'refused' | 'too-many'): void;
  rateLimited(route: string): void;
  versionRotated(): void;
  versionVerified(result: 'good' | 'damaged' | 'missing'): void;
  storageSwept(result: { orphans: number; missing: number; removed: number }): void;
}

const durations = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600, 3600];
const prefix = 'backstay_repository_';

/** Methods that a router knows; anything else a client may invent. */
const knownMethods = new Set(['GET', 'POST', 'PATCH', 'DELETE', 'PUT', 'HEAD', 'OPTIONS']);

const createRequestMetrics = (registers: Registry[]) => {
  const requests = new Counter({
    ...{ name: `${prefix}http_requests_total`, help: 'Requests by route, method and status.', registers },
    labelNames: ['method', 'route', 'status'],
  });
  const seconds = new Histogram({
    ...{ name: `${prefix}http_request_duration_seconds`, help: 'Time until the last byte of the answer.', registers },
    ...{ labelNames: ['method', 'route'], buckets: durations },
  });
  const bytes = (name: string, help: string) =>
    new Counter({ name: `${prefix}${name}`, help, registers, labelNames: ['route'] });
  const received = bytes('received_bytes_total', 'Bytes that clients sent, with headers.');
  const sent = bytes('sent_bytes_total', 'Bytes that clients got, with headers.');
  return (request: FinishedRequest): void => {
    const { route } = request;
    const method = knownMethods.has(request.method) ? request.method : 'other';
    requests.inc({ method, route, status: request.status });
    seconds.observe({ method, route }, request.seconds);
    received.inc({ route }, Math.max(0, request.receivedBytes));
    sent.inc({ route }, Math.max(0, request.sentBytes));
  };
};

export const createRepositoryMetrics = (): RepositoryMetrics => {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const counter = <T extends string>(name: string, help: string, labelNames: T[] = []) =>
    new Counter({ name: `${prefix}${name}`, help, registers, labelNames });
  const logins = counter('login_failures_total', 'Logins that were not accepted.', ['reason']);
  const limited = counter('rate_limited_total', 'Requests that were refused because there were too many.', ['route']);
  const rotated = counter('rotated_versions_total', 'Versions that left by rotation.');
  const verified = counter('verified_versions_total', 'Versions whose stored bytes were read again.', ['result']);
  const sweeps = counter('sweeps_total', 'Comparisons of storage and database that were finished.');
  const removed = counter('orphans_removed_total', 'Objects without a version that were removed.');
  const gauge = (name: string, help: string) => new Gauge({ name: `${prefix}${name}`, help, registers });
  const orphans = gauge('orphan_objects', 'Objects without a version, at the last comparison.');
  const missing = gauge('missing_objects', 'Versions without an object, at the last comparison.');
  return {
    registry,
    requestFinished: createRequestMetrics(registers),
    loginFailed: (reason) => logins.inc({ reason }),
    rateLimited: (route) => limited.inc({ route }),
    versionRotated: () => rotated.inc(),
    versionVerified: (result) => verified.inc({ result }),
    storageSwept: (result) => {
      sweeps.inc();
      removed.inc(result.removed);
      orphans.set(result.orphans);
      missing.set(result.missing);
    },
  };
};
