import type { IncomingMessage, ServerResponse } from 'node:http';
import type { KubeObject } from '@backstay/shared';
import type { User } from '../auth/user.ts';
import type { Kind } from '../kinds/kind.ts';
import { type ApiError, badRequest, type Cause, invalid, unsupportedValue } from '../registry/api-error.ts';
import type { RequestInfo } from './request-info.ts';

/** One request, with what is known about it, and the place for its answer. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  readonly query: URLSearchParams;
  readonly info: RequestInfo;
  readonly user: User;
  /** ApiError 403 for an object that this user may not write, whatever the roles say about its kind. */
  admit(kind: Kind, object: KubeObject): void;
}

/** An exchange about objects of one kind. */
export interface ResourceExchange extends Exchange {
  readonly kind: Kind;
  /** Undefined for all namespaces and for cluster-wide kinds. */
  readonly namespace: string | undefined;
  readonly name: string;
}

export const isTrue = (query: URLSearchParams, name: string): boolean => {
  const value = query.get(name);
  return value === 'true' || value === '1';
};

/** ApiError 422 for anything but `All`. */
export function isDryRun(query: URLSearchParams): boolean {
  const values = query.getAll('dryRun').filter(Boolean);
  if (values.some((value) => value !== 'All')) {
    throw optionsInvalid('WriteOptions', unsupportedValue('dryRun', values, ['All']));
  }
  return values.length > 0;
}

/** 422 about the options of a request. */
export const optionsInvalid = (kind: string, cause: Cause): ApiError =>
  invalid({ group: 'meta.k8s.io', plural: '', kind }, '', [cause]);

export function integerParameter(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^-?[0-9]{1,15}$/.test(text)) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  return Number(text);
}

/** Who writes, for managedFields: the parameter, or the first word of the User-Agent. */
export function fieldManager({ query, request }: Exchange): string {
  const given = query.get('fieldManager');
  if (given) {
    if (given.length > 128) throw badRequest('fieldManager: Too long: may not be more than 128 bytes');
    return given;
  }
  const agent = request.headers['user-agent'] ?? '';
  return agent.split('/')[0]?.slice(0, 128) || 'unknown';
}
