import { Gauge, type Registry } from 'prom-client';

/** What runs at this moment. */
export const registerLoadGauges = (
  registry: Registry,
  sources: { requests: () => number; transfers: () => number },
): void => {
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `backstay_repository_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  gauge('http_requests_active', 'Requests that are being handled.', sources.requests);
  gauge('transfers_active', 'Uploads that are being received.', sources.transfers);
};
