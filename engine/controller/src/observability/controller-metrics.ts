import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { ControllerCaches } from '../cluster/controller-caches.ts';
import type { Outcome, QueueDepth } from '../queue/work-queue.ts';
import type { ApiRequest } from './metered-client.ts';
import { scheduleStates, stateOf } from './schedule-state.ts';

/** What a running controller is asked at each scrape. */
export interface Observed {
  caches: ControllerCaches;
  queue(): QueueDepth;
  leading(): boolean;
}

export interface ReconcileResult {
  kind: string;
  result: Outcome | 'conflict' | 'error';
  seconds: number;
}

/** Figures of one controller in the text format of Prometheus. */
export interface ControllerMetrics {
  readonly contentType: string;
  text(): Promise<string>;
  requested(request: ApiRequest): void;
  reconciled(result: ReconcileResult): void;
  observe(observed: Observed): void;
}

const prefix = 'backstay_controller_';

const queueGauge = (registers: Registry[], observed: () => Observed | undefined) =>
  new Gauge({
    name: `${prefix}queue_depth`,
    help: 'Resources that wait to be looked at, are being looked at, or wait for a retry.',
    labelNames: ['state'],
    registers,
    collect() {
      for (const [state, count] of Object.entries(observed()?.queue() ?? {})) {
        this.set({ state }, count);
      }
    },
  });

const leaderGauge = (registers: Registry[], observed: () => Observed | undefined) =>
  new Gauge({
    name: `${prefix}leader`,
    help: 'Whether this process does the work: 1 or 0.',
    registers,
    collect() {
      this.set(observed()?.leading() ? 1 : 0);
    },
  });

const freshGauge = (registers: Registry[], observed: () => Observed | undefined) =>
  new Gauge({
    name: `${prefix}cache_fresh`,
    help: '1 while the watch of a kind hears from the API server.',
    labelNames: ['kind'],
    registers,
    collect() {
      for (const [kind, cache] of Object.entries(observed()?.caches ?? {})) {
        this.set({ kind }, (cache as { fresh: boolean }).fresh ? 1 : 0);
      }
    },
  });

const schedulesGauge = (registers: Registry[], observed: () => Observed | undefined) =>
  new Gauge({
    name: 'backstay_schedules',
    help: 'ScheduledBackups by the worst that is true of them.',
    labelNames: ['state'],
    registers,
    collect() {
      const counts = new Map<string, number>(scheduleStates.map((state) => [state, 0]));
      for (const schedule of observed()?.caches.scheduledBackups.list() ?? []) {
        const state = stateOf(schedule);
        counts.set(state, (counts.get(state) ?? 0) + 1);
      }
      for (const [state, count] of counts) {
        this.set({ state }, count);
      }
    },
  });

const lastSuccessGauge = (registers: Registry[], observed: () => Observed | undefined) =>
  new Gauge({
    name: 'backstay_schedule_last_success_timestamp_seconds',
    help: 'When the CronJob of a schedule last succeeded; absent before the first time.',
    labelNames: ['namespace', 'cronjob'],
    registers,
    collect() {
      this.reset();
      for (const { metadata, status } of observed()?.caches.cronJobs.list() ?? []) {
        const at = Date.parse(status?.lastSuccessfulTime ?? '');
        if (metadata.labels?.['riotkit.org/backup-maker'] === 'true' && Number.isFinite(at)) {
          this.set({ namespace: metadata.namespace ?? '', cronjob: metadata.name }, at / 1000);
        }
      }
    },
  });

export const createControllerMetrics = (): ControllerMetrics => {
  const registry = new Registry();
  const registers = [registry];
  let observed: Observed | undefined;
  collectDefaultMetrics({ register: registry });
  for (const gauge of [queueGauge, leaderGauge, freshGauge, schedulesGauge, lastSuccessGauge]) {
    gauge(registers, () => observed);
  }
  const requests = new Counter({
    name: `${prefix}api_requests_total`,
    help: 'Requests to the Kubernetes API; code 0: not reached.',
    labelNames: ['verb', 'resource', 'code'],
    registers,
  });
  const reconciles = new Histogram({
    name: `${prefix}reconcile_duration_seconds`,
    help: 'How long one look at a resource takes, by what came of it.',
    labelNames: ['kind', 'result'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60],
    registers,
  });
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    requested: ({ verb, resource, code }) => requests.inc({ verb, resource, code }),
    reconciled: ({ kind, result, seconds }) => reconciles.observe({ kind, result }, seconds),
    observe: (from) => {
      observed = from;
    },
  };
};
