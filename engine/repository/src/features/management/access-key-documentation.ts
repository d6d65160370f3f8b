import {
  repositoryAccessKeyChangeSchema,
  repositoryAccessKeyReplySchema,
  repositoryAccessKeysReplySchema,
  repositoryNewAccessKeySchema,
  repositoryRemovedReplySchema,
  repositoryRotationSchema,
  repositorySecretReplySchema,
} from '@backstay/shared';
import type { RouteDocumentation } from '../../http/documentation.ts';
import { changeErrors, ifMatch } from './user-documentation.ts';

const tag = 'access keys';
const description =
  'Your own keys, or as a manager of users those of an account that has no right beyond yours. Needs a session without limits.';
const errors = { ...changeErrors, 404: 'There is no such user or access key.' };

export const listAccessKeysDocumentation: RouteDocumentation = {
  tag,
  summary: 'Access keys of a user, and when they were last used',
  responses: { 200: { description: 'Without their secrets.', body: repositoryAccessKeysReplySchema } },
  errors: { 404: 'There is no such user.' },
};

export const createAccessKeyDocumentation: RouteDocumentation = {
  tag,
  summary: 'Make an access key',
  description,
  headers: ifMatch,
  body: { schema: repositoryNewAccessKeySchema },
  responses: { 201: { description: 'With its secret, shown this once.', body: repositorySecretReplySchema } },
  errors,
};

export const changeAccessKeyDocumentation: RouteDocumentation = {
  tag,
  summary: 'Change what an access key may do, or when it expires',
  description,
  headers: ifMatch,
  body: { schema: repositoryAccessKeyChangeSchema },
  responses: { 200: { description: 'It counts for running sessions too.', body: repositoryAccessKeyReplySchema } },
  errors,
};

export const rotateAccessKeyDocumentation: RouteDocumentation = {
  tag,
  summary: 'Give an access key a new secret',
  description: `Without \`overlap\` the old secret and all sessions of the key end at once; with it, when it is over. ${description}`,
  headers: ifMatch,
  body: { schema: repositoryRotationSchema, optional: true },
  responses: { 200: { description: 'With the new secret, shown this once.', body: repositorySecretReplySchema } },
  errors,
};

export const removeAccessKeyDocumentation: RouteDocumentation = {
  tag,
  summary: 'Revoke an access key; its sessions end at once',
  description,
  headers: ifMatch,
  responses: { 200: { description: 'It is gone.', body: repositoryRemovedReplySchema } },
  errors,
};
