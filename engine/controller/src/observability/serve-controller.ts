import type { Controller } from '../start-controller.ts';
import type { ControllerMetrics } from './controller-metrics.ts';
import { checkPage, type Page, parseBindAddress, type Served, servePages } from './serve.ts';

/** A look at one resource that takes longer hangs: every request of it has a deadline far below. */
const hungMs = 10 * 60_000;

/** Alive: a restart would mend nothing. An API server that is away is no reason to restart. */
export const livenessOf = ({ state }: Pick<Controller, 'state'>): Record<string, string | undefined> => ({
  work: state.longestMs > hungMs ? 'a reconcile has been running for more than ten minutes' : undefined,
  lease: state.leaseStuck ? 'leads without having renewed its lease' : undefined,
});

/** Ready: it knows the cluster, and would take over at once. A controller that waits for the lease is ready. */
export const readinessOf = ({ state }: Pick<Controller, 'state'>): Record<string, string | undefined> => ({
  synced: state.synced ? undefined : 'the first lists are not complete',
  watches: state.stale.length > 0 ? `nothing is heard of ${state.stale.join(', ')}` : undefined,
});

export interface ServeControllerOptions {
  controller: Controller;
  metrics: ControllerMetrics;
  /** `:8080`; `0`: not at all. */
  metricsAddress: string;
  probeAddress: string;
}

/** Listens on both addresses: `/metrics` on one, `/healthz` and `/readyz` on the other. One address may serve both. */
export const serveController = async (options: ServeControllerOptions): Promise<Served[]> => {
  const { controller, metrics, metricsAddress, probeAddress } = options;
  const metricsPages = {
    '/metrics': async (): Promise<Page> => ({ status: 200, type: metrics.contentType, body: await metrics.text() }),
  };
  const probePages = {
    '/healthz': () => checkPage(livenessOf(controller)),
    '/readyz': () => checkPage(readinessOf(controller)),
  };
  const plans =
    metricsAddress === probeAddress
      ? [{ address: metricsAddress, pages: { ...metricsPages, ...probePages } }]
      : [
          { address: metricsAddress, pages: metricsPages },
          { address: probeAddress, pages: probePages },
        ];
  const served: Served[] = [];
  for (const { address, pages } of plans) {
    const bind = parseBindAddress(address);
    if (bind !== undefined) {
      try {
        served.push(await servePages(bind, pages));
      } catch (error) {
        await Promise.all(served.map((one) => one.stop()));
        throw error;
      }
    }
  }
  return served;
};
