import type { IncomingMessage } from 'node:http';
import { badRequest } from '../registry/api-error.ts';
import { type Attributes, denied } from './attributes.ts';
import type { User } from './user.ts';

const accountPattern = /^system:serviceaccount:([^:]+):([^:]+)$/;

/** The user that the request acts as, when its headers ask for another and its sender may. ApiError 400, 403. */
export function impersonated(request: IncomingMessage, user: User, allows: (attributes: Attributes) => boolean): User {
  const [name] = values(request, 'impersonate-user');
  const groups = values(request, 'impersonate-group');
  if (name === undefined) {
    if (groups.length > 0 || values(request, 'impersonate-uid').length > 0) {
      throw badRequest('requested groups without impersonating a user');
    }
    return user;
  }
  if (name === '') throw badRequest('impersonation of an empty user is not accepted');
  const account = accountPattern.exec(name);
  const check = (resource: string, subject: { name: string; namespace?: string }) => {
    const attributes: Attributes = {
      user,
      verb: 'impersonate',
      group: '',
      resource,
      subresource: '',
      namespace: subject.namespace ?? '',
      name: subject.name,
    };
    if (!allows(attributes)) throw denied(attributes);
  };
  if (account) check('serviceaccounts', { name: account[2] ?? '', namespace: account[1] ?? '' });
  else check('users', { name });
  for (const group of groups) check('groups', { name: group });
  return { name, groups: groupsOf(name, groups, account) };
}

function groupsOf(name: string, groups: string[], account: RegExpExecArray | null): string[] {
  if (name === 'system:anonymous') return groups.length > 0 ? groups : ['system:unauthenticated'];
  const own =
    account && groups.length === 0 ? ['system:serviceaccounts', `system:serviceaccounts:${account[1]}`] : groups;
  return [...new Set([...own, 'system:authenticated'])];
}

/** Every value of a header that may stand several times. */
function values(request: IncomingMessage, header: string): string[] {
  const found: string[] = [];
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    if (request.rawHeaders[index]?.toLowerCase() === header) found.push(request.rawHeaders[index + 1] ?? '');
  }
  return found;
}
