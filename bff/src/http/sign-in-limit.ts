import { DomainError } from '@backstay/shared';
import type { RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';

/** Codes have 192 bits, so this only keeps noise away: 20 attempts a minute and address. */
export const signInLimit = (): RequestHandler =>
  rateLimit({
    windowMs: 60_000,
    limit: 20,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    skipSuccessfulRequests: true,
    keyGenerator: (request) => ipKeyGenerator(request.socket.remoteAddress ?? ''),
    handler: (_request, _response, next) => next(new DomainError('too_many_requests')),
  });
