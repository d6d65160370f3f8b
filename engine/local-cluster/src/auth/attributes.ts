import type { RequestInfo } from '../http/request-info.ts';
import { ApiError } from '../registry/api-error.ts';
import type { User } from './user.ts';

/** What somebody wants to do. */
export type Attributes =
  | {
      user: User;
      verb: string;
      group: string;
      resource: string;
      subresource: string;
      namespace: string;
      name: string;
    }
  | { user: User; verb: string; path: string };

const resourceVerbs: Record<string, string> = { POST: 'create', PUT: 'update', PATCH: 'patch' };

export function verbOf(method: string, info: RequestInfo, watching: boolean): string {
  if (!info.isResource) return method.toLowerCase();
  const plain = resourceVerbs[method];
  if (plain) return plain;
  if (method === 'DELETE') return info.name === '' ? 'deletecollection' : 'delete';
  if (watching) return 'watch';
  return info.name === '' ? 'list' : 'get';
}

export function attributesOf(user: User, verb: string, info: RequestInfo): Attributes {
  if (!info.isResource) return { user, verb, path: info.path };
  const { group, resource, subresource, namespace, name } = info;
  return { user, verb, group, resource, subresource, namespace, name };
}

export function denied(attributes: Attributes): ApiError {
  const { user, verb } = attributes;
  const who = `User ${JSON.stringify(user.name)} cannot ${verb}`;
  if ('path' in attributes) {
    return new ApiError(403, 'Forbidden', {
      message: `forbidden: ${who} path ${JSON.stringify(attributes.path)}`,
      details: {},
    });
  }
  const { group, resource, subresource, namespace, name } = attributes;
  const full = subresource === '' ? resource : `${resource}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  const subject = `${resource}${group === '' ? '' : `.${group}`}${name === '' ? '' : ` ${JSON.stringify(name)}`}`;
  return new ApiError(403, 'Forbidden', {
    message: `${subject} is forbidden: ${who} resource ${JSON.stringify(full)} in API group ${JSON.stringify(group)} ${where}`,
    details: { ...(name === '' ? {} : { name }), ...(group === '' ? {} : { group }), kind: resource },
  });
}
