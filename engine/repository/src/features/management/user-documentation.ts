import {
  repositoryNewUserSchema,
  repositoryPasswordChangeSchema,
  repositoryRemovedReplySchema,
  repositoryRevokedReplySchema,
  repositoryUserChangeSchema,
  repositoryUserReplySchema,
  repositoryUsersReplySchema,
} from '@backstay/shared';
import { z } from 'zod';
import type { RouteDocumentation } from '../../http/documentation.ts';

const tag = 'users';
/** Of every route that changes the configuration. */
export const changeErrors = {
  408: 'The body did not arrive in time.',
  409: 'It exists already, was changed meanwhile, is still needed, or this server may not write its configuration.',
  412: 'It is not as `If-Match` says.',
  413: 'The body is too large.',
  422: 'A field is wrong; `data.problems` names it.',
};
export const ifMatch = z.object({ 'if-match': z.string().optional().describe('The ETag of what was read before.') });
export const etag = { etag: 'The revision in quotes.' };
const missing = { 404: 'There is no such user.' };
const above =
  'Needs the role userManager or systemAdmin, a session without limits, and an account that has no right beyond yours.';
const user = (description: string) => ({ description, body: repositoryUserReplySchema, headers: etag });

export const listUsersDocumentation: RouteDocumentation = {
  tag,
  summary: 'All users',
  responses: { 200: { description: 'By name.', body: repositoryUsersReplySchema } },
};

export const readUserDocumentation: RouteDocumentation = {
  tag,
  summary: 'One user: yourself, or any with the role userManager',
  responses: { 200: user('The user.') },
  errors: missing,
};

export const createUserDocumentation: RouteDocumentation = {
  tag,
  summary: 'Make a user',
  description: above,
  body: { schema: repositoryNewUserSchema },
  responses: { 201: user('It is made.') },
  errors: changeErrors,
};

export const changeUserDocumentation: RouteDocumentation = {
  tag,
  summary: 'Change fields of a user',
  description: `Fields that are left out stay. ${above} The last active systemAdmin stays one.`,
  headers: ifMatch,
  body: { schema: repositoryUserChangeSchema },
  responses: { 200: user('It is changed.') },
  errors: { ...changeErrors, ...missing },
};

export const removeUserDocumentation: RouteDocumentation = {
  tag,
  summary: 'Remove a user, its access keys and its sessions',
  description: `${above} The last active systemAdmin stays.`,
  headers: ifMatch,
  responses: { 200: { description: 'It is removed.', body: repositoryRemovedReplySchema } },
  errors: { ...changeErrors, ...missing },
};

export const changePasswordDocumentation: RouteDocumentation = {
  tag,
  summary: 'Set a password: your own, or that of a user',
  description: `Your own needs the current one. Other sessions of that login end. For other users: ${above}`,
  headers: ifMatch,
  body: { schema: repositoryPasswordChangeSchema },
  responses: {
    200: { description: 'It is set.', body: repositoryRevokedReplySchema },
    429: { description: 'Too many requests from this address, or too many guesses of the current password.' },
  },
  errors: { ...changeErrors, ...missing },
};

export const revokeSessionsDocumentation: RouteDocumentation = {
  tag,
  summary: 'Revoke all sessions of a user, or those of one access key',
  query: z.object({ accessKeyName: z.string().optional().describe('Empty: sessions without a key. Default: all.') }),
  responses: { 200: { description: 'They end at once.', body: repositoryRevokedReplySchema } },
  errors: missing,
};
