import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestContext, Route } from '../http/context.ts';
import { failure, type Reply } from '../http/reply.ts';
import type { Services } from '../services.ts';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

const metrics = async (services: Services, context: RequestContext): Promise<Reply> => {
  const { metricsToken } = services.settings;
  if (metricsToken === '') {
    throw failure(404, 'metrics are switched off here: see --metrics-token and --metrics-listen');
  }
  const given = context.request.headers.authorization ?? '';
  if (!timingSafeEqual(digest(given), digest(`Bearer ${metricsToken}`))) {
    throw failure(403, 'the header Authorization must be: Bearer, and the token of --metrics-token');
  }
  const body = await services.renderMetrics();
  return { status: 200, headers: { 'content-type': services.metrics.registry.contentType }, body };
};

export const metricsRoutes = (services: Services): Route[] => [
  {
    method: 'GET',
    path: '/metrics',
    access: 'open',
    action: 'server.metrics',
    limiter: services.limiters.serverHealth,
    documentation: {
      tag: 'server',
      summary: 'Metrics for Prometheus',
      description:
        'Takes `Authorization: Bearer` with the token that the server was started with; switched off without one.',
      responses: { 200: { description: 'The text format of Prometheus.', mediaType: 'text/plain' } },
      errors: { 403: 'The token is missing or wrong.', 404: 'Metrics are switched off.' },
    },
    handle: (context) => metrics(services, context),
  },
];
