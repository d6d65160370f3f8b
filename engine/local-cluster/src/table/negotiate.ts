import type { IncomingMessage } from 'node:http';
import { ApiError } from '../registry/api-error.ts';

export type Projection = 'object' | 'Table' | 'PartialObjectMetadata';

interface MediaRange {
  type: string;
  parameters: Map<string, string>;
}

const parse = (accept: string): MediaRange[] =>
  accept.split(',').map((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
    return {
      type,
      parameters: new Map(parameters.map((parameter) => parameter.split('=', 2) as [string, string])),
    };
  });

const readable = new Set(['application/json', 'application/*', '*/*', '']);

/** In which form the client wants objects: the first of its choices that is served. ApiError 406. */
export function projectionOf(request: IncomingMessage): Projection {
  for (const { type, parameters } of parse(request.headers.accept ?? '*/*')) {
    if (!readable.has(type)) continue;
    const as = parameters.get('as');
    if (as === undefined) return 'object';
    const known = as === 'Table' || as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList';
    if (known && parameters.get('g') === 'meta.k8s.io' && parameters.get('v') === 'v1') {
      return as === 'Table' ? 'Table' : 'PartialObjectMetadata';
    }
  }
  throw new ApiError(406, 'NotAcceptable', {
    message: 'only the following media types are accepted: application/json',
  });
}

/** True when the client lists aggregated discovery among what it reads. */
export const wantsAggregatedDiscovery = (request: IncomingMessage): boolean =>
  parse(request.headers.accept ?? '').some(
    ({ type, parameters }) =>
      type === 'application/json' &&
      parameters.get('as') === 'APIGroupDiscoveryList' &&
      parameters.get('g') === 'apidiscovery.k8s.io' &&
      parameters.get('v') === 'v2',
  );
