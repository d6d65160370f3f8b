import { z } from 'zod';
import type { OpenRoute, Route } from '../http/context.ts';
import { json } from '../http/reply.ts';
import type { Services } from '../services.ts';
import { openApiDocument } from './openapi-document.ts';

/** Describes the other routes and itself. */
export const openApiRoute = (services: Services, others: readonly Route[]): OpenRoute => {
  const route: OpenRoute = {
    method: 'GET',
    path: '/api/stable/openapi.json',
    access: 'open',
    limiter: services.limiters.serverHealth,
    documentation: {
      tag: 'server',
      summary: 'This document',
      responses: { 200: { description: 'OpenAPI 3.1.', body: z.record(z.string(), z.unknown()) } },
    },
    handle: async () => reply,
  };
  const reply = json(200, openApiDocument([...others, route]));
  return route;
};
