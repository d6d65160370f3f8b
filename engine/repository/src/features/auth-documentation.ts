import {
  repositoryAccessErrorSchema,
  repositoryLoginReplySchema,
  repositoryLoginSchema,
  repositoryLogoutReplySchema,
  repositoryRefreshReplySchema,
  repositorySessionsReplySchema,
  repositoryUserViewReplySchema,
  repositoryWhoamiReplySchema,
} from '@backstay/shared';
import { z } from 'zod';
import type { RouteDocumentation } from '../http/documentation.ts';

const tag = 'sessions';
const refused = (description: string) => ({ description, body: repositoryAccessErrorSchema });

export const loginDocumentation: RouteDocumentation = {
  tag,
  summary: 'Log in',
  description: 'A form carries `operationsScope` as JSON text.',
  body: {
    schema: repositoryLoginSchema,
    mediaTypes: ['application/json', 'application/x-www-form-urlencoded'],
  },
  responses: {
    200: { description: 'A token, shown once.', body: repositoryLoginReplySchema },
    400: refused('The lifetime cannot be given.'),
    401: refused('The name or the password is wrong or missing, or the account cannot be used.'),
    429: { description: 'Too many attempts from this address or on this account.' },
  },
  errors: { 408: 'The body did not arrive in time.', 413: 'The body is too large.' },
};

export const refreshDocumentation: RouteDocumentation = {
  tag,
  summary: 'Exchange a token for a new one with the same rights',
  description: 'Takes the token in the header `Authorization`; it may have expired, within one lifetime of the login.',
  responses: {
    200: { description: 'A new token, shown once.', body: repositoryRefreshReplySchema },
    400: refused('The token has no expiry.'),
    401: refused('The token is no token, or too old.'),
    403: refused('The session was revoked, or its user or access key is gone.'),
  },
};

export const viewUserDocumentation: RouteDocumentation = {
  tag,
  summary: 'E-mail and roles of a user',
  responses: { 200: { description: 'The user.', body: repositoryUserViewReplySchema } },
  errors: { 403: 'Only managers of users see others.', 404: 'There is no such user.' },
};

export const whoamiDocumentation: RouteDocumentation = {
  tag,
  summary: 'The user and the session of the token',
  responses: { 200: { description: 'You.', body: repositoryWhoamiReplySchema } },
};

export const logoutDocumentation: RouteDocumentation = {
  tag,
  summary: 'Revoke a session at once',
  query: z.object({ sessionId: z.string().optional().describe('Default: the session of the token.') }),
  responses: { 200: { description: 'It is revoked.', body: repositoryLogoutReplySchema } },
  errors: { 403: 'It belongs to another user.', 404: 'There is no such session.' },
};

export const listSessionsDocumentation: RouteDocumentation = {
  tag,
  summary: 'The newest sessions of a user, 100 at most',
  query: z.object({ userName: z.string().optional().describe('Default: the user of the token.') }),
  responses: { 200: { description: 'Newest first.', body: repositorySessionsReplySchema } },
  errors: { 403: 'Only a system administrator sees the sessions of others.' },
};
