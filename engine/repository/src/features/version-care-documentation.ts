import {
  repositoryDeletedVersionReplySchema,
  repositoryDeleteVersionRequestSchema,
  repositoryForecastReplySchema,
  repositoryHoldReplySchema,
  repositoryHoldRequestSchema,
  repositorySuccess,
  repositorySweepReplySchema,
  repositoryVerificationReplySchema,
  repositoryVerificationRunReplySchema,
} from '@backstay/shared';
import { z } from 'zod';
import type { RouteDocumentation } from '../http/documentation.ts';

const tag = 'versions';
const missing = 'There is no such collection or version.';
const noCollection = 'There is no such collection.';
const params = { versionNum: z.string().describe('A number, or `v` and a number.') };

export const holdDocumentation: RouteDocumentation = {
  tag,
  summary: 'Protect a version from rotation and deletion',
  description: 'A repeated hold replaces the one before. Needs the role collectionManager or systemAdmin.',
  params,
  body: { schema: repositoryHoldRequestSchema },
  responses: { 200: { description: 'It is held.', body: repositoryHoldReplySchema } },
  errors: {
    404: missing,
    408: 'The request took too long.',
    409: 'It leaves right now, and there is no room to keep it.',
  },
};

export const releaseDocumentation: RouteDocumentation = {
  tag,
  summary: 'End the hold of a version',
  params,
  responses: { 200: { description: 'It is not held, or no longer.', body: repositoryHoldReplySchema } },
  errors: { 404: missing },
};

export const deleteVersionDocumentation: RouteDocumentation = {
  tag,
  summary: 'Delete a version',
  description: 'Needs the role collectionManager or systemAdmin.',
  params,
  body: { schema: repositoryDeleteVersionRequestSchema, optional: true },
  responses: { 200: { description: 'It is out of every list.', body: repositoryDeletedVersionReplySchema } },
  errors: {
    404: missing,
    408: 'The request took too long.',
    409: 'It is held, or the last good one and the request does not say `lastGood`.',
  },
};

export const verifyDocumentation: RouteDocumentation = {
  tag,
  summary: 'Read the bytes of a version again and compare their SHA-256',
  description: 'Needs the role collectionManager or systemAdmin.',
  params,
  responses: {
    200: { description: 'What it was found to be.', body: repositoryVerificationRunReplySchema },
    202: {
      description: 'It is being read: the report has the result later.',
      body: repositoryVerificationRunReplySchema,
      headers: { location: 'The report.' },
    },
  },
  errors: { 404: missing, 503: 'Too many wait already.' },
};

export const verificationDocumentation: RouteDocumentation = {
  tag,
  summary: 'What the stored bytes of each version were when they were last read again',
  responses: { 200: { description: 'By ascending number.', body: repositoryVerificationReplySchema } },
  errors: { 404: noCollection },
};

export const forecastDocumentation: RouteDocumentation = {
  tag,
  summary: 'Which versions leave next, and how much still fits',
  responses: {
    200: { description: 'If uploads go on as they did.', body: repositoryForecastReplySchema },
  },
  errors: { 404: noCollection, 500: 'The collection is misconfigured; the text says which field.' },
};

export const sweepDocumentation: RouteDocumentation = {
  tag: 'storage',
  summary: 'What the last comparison of storage and database found',
  description: 'Needs the role systemAdmin and a session without limits.',
  query: z.object({ after: z.string().optional().describe('`next` of the page before.') }),
  responses: { 200: { description: 'At most 500 orphans by key.', body: repositorySweepReplySchema } },
};

export const runSweepDocumentation: RouteDocumentation = {
  tag: 'storage',
  summary: 'Compare storage and database now',
  description: 'Needs the role systemAdmin and a session without limits. Nothing happens when another server does it.',
  responses: {
    202: {
      description: 'It is running: the report has the result later.',
      body: repositorySuccess({ message: z.string() }),
    },
  },
};
