import {
  repositoryAliveReplySchema,
  repositoryErrorSchema,
  repositoryHealthReplySchema,
  repositoryUnhealthyReplySchema,
} from '@backstay/shared';
import { z } from 'zod';
import type { RouteDocumentation } from '../http/documentation.ts';

const tag = 'health';
const code = z.object({
  code: z.string().optional().describe('The code; the header `Authorization` may carry it too.'),
});
const unhealthy = { description: 'A check failed; `data.health` says which.', body: repositoryUnhealthyReplySchema };
const wrongCode = { description: 'The code is missing or wrong.', body: repositoryErrorSchema };

export const aliveDocumentation: RouteDocumentation = {
  tag,
  summary: 'The process answers',
  responses: { 200: { description: 'It does.', body: repositoryAliveReplySchema } },
};

export const readyDocumentation: RouteDocumentation = {
  tag,
  summary: 'Database, storage and configuration can be used',
  query: code,
  responses: {
    200: { description: 'All checks hold.', body: repositoryHealthReplySchema },
    403: wrongCode,
    500: unhealthy,
  },
};

export const collectionHealthDocumentation: RouteDocumentation = {
  tag,
  summary: 'The newest version came in time and sizes are within their limits',
  description: 'A collection without `healthSecretRef` asks for no code.',
  query: code,
  responses: {
    200: { description: 'All checks hold.', body: repositoryHealthReplySchema },
    403: wrongCode,
    500: unhealthy,
  },
  errors: { 404: 'There is no such collection.' },
};
