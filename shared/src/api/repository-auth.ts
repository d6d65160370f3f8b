import { z } from 'zod';
import { repositoryInstantSchema, repositorySuccess, sha256HexSchema } from './repository-envelopes.ts';

/** Limits one session to some roles on some collections. */
export const repositoryScopeSchema = z
  .object({
    elements: z
      .array(
        z.object({
          type: z.string().describe('`collection`.'),
          name: z.string().describe('Name of the collection.'),
          roles: z.array(z.string()),
        }),
      )
      .max(1000),
  })
  .meta({ id: 'OperationsScope' });

export const repositoryLoginSchema = z.object({
  username: z.string().min(1).max(512).describe('A user, or `user$key` for an access key.'),
  password: z.string().min(1).max(4096),
  operationsScope: repositoryScopeSchema.nullish(),
  lifetime: z
    .string()
    .nullish()
    .describe('How long the session lasts, e.g. `12h`. Longer than usual only with a scope.'),
});

const expire = repositoryInstantSchema.describe('When the token expires, in whole seconds.');

export const repositoryLoginReplySchema = repositorySuccess({
  expire,
  msg: z.string(),
  sessionId: sha256HexSchema,
  token: z.string(),
});

export const repositoryRefreshReplySchema = z.strictObject({
  code: z.literal(200),
  expire,
  token: z.string(),
  data: z.strictObject({ expire, token: z.string(), sessionId: sha256HexSchema }),
  status: z.literal(true),
});

/** One issued token. */
export const grantedAccessSchema = z
  .strictObject({
    CreatedAt: repositoryInstantSchema,
    UpdatedAt: repositoryInstantSchema,
    DeletedAt: z.null(),
    id: sha256HexSchema.describe('Session id: the SHA-256 of the token.'),
    expiresAt: repositoryInstantSchema.nullable(),
    deactivated: z.boolean().describe('True: revoked.'),
    description: z.string(),
    requesterIP: z.string(),
    user: z.string(),
    accessKeyName: z.string().describe('Empty: the session uses no access key.'),
  })
  .meta({ id: 'GrantedAccess', description: 'A session.' });

export const repositoryWhoamiReplySchema = repositorySuccess({
  email: z.string(),
  permissions: z.array(z.string()),
  sessionId: sha256HexSchema,
  grantedAccess: grantedAccessSchema,
});

export const repositoryUserViewReplySchema = repositorySuccess({
  email: z.string(),
  permissions: z.array(z.string()),
});

export const repositorySessionsReplySchema = repositorySuccess({ grantedAccesses: z.array(grantedAccessSchema) });

export const repositoryLogoutReplySchema = repositorySuccess({ message: z.string(), sessionId: z.string() });
