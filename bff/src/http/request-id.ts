import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import { contextOf } from './request-context.ts';

/** Ids are made here, never taken from the request: they stand in logs. */
export const requestId: RequestHandler = (request, response, next) => {
  const id = randomUUID();
  contextOf(request).requestId = id;
  response.setHeader('x-request-id', id);
  next();
};
