import compression from 'compression';
import type { RequestHandler } from 'express';

/** Everything but streams, which ask for `no-transform`: a compressor holds their first bytes back. */
export const compress = (): RequestHandler => compression({ threshold: 1024 }) as RequestHandler;
