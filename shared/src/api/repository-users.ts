import { z } from 'zod';
import { collectionRoleSchema } from '../resources/backup-collection.ts';
import { systemRoleSchema } from '../resources/backup-user.ts';
import { repositoryInstantSchema, repositorySuccess } from './repository-envelopes.ts';

/** A name of a user, a collection or an access key. */
export const repositoryNameSchema = z
  .string()
  .max(253)
  .regex(
    /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/,
    'must hold only a-z, 0-9, dots and dashes, and begin and end with a letter or digit',
  );

export const repositoryPasswordSchema = z
  .string()
  .min(12, 'must have 12 characters or more')
  .max(1024, 'must have 1024 characters or less');

const addresses = z.array(z.string().max(64)).max(1000).describe('IPv4 and IPv6 addresses and CIDR ranges. None: any.');

const accountFields = {
  email: z.string().max(320),
  roles: z.array(systemRoleSchema).max(20),
  deactivated: z.boolean().optional(),
  restrictByIP: addresses.optional(),
  organization: z.string().max(320).optional(),
  about: z.string().max(2000).optional(),
};

export const repositoryNewUserSchema = z.strictObject({
  name: repositoryNameSchema,
  ...accountFields,
  password: repositoryPasswordSchema.optional().describe('Default: nobody can log in but with an access key.'),
});

export const repositoryUserChangeSchema = z.strictObject(accountFields).partial();

export const repositoryPasswordChangeSchema = z.strictObject({
  password: repositoryPasswordSchema,
  currentPassword: z.string().max(4096).optional().describe('Needed for the own password.'),
});

export const repositoryManagedUserSchema = z
  .strictObject({
    name: z.string(),
    email: z.string(),
    roles: z.array(z.string()),
    deactivated: z.boolean(),
    restrictByIP: z.array(z.string()),
    organization: z.string(),
    about: z.string(),
    hasPassword: z.boolean(),
    accessKeys: z.array(z.string()).describe('Their names.'),
    revision: z.string().describe('What `If-Match` takes, without quotes.'),
    problem: z.string().optional().describe('Why the account cannot be used as it is stored.'),
  })
  .meta({ id: 'User', description: 'An account of the repository.' });

const keyObjects = z
  .array(
    z.strictObject({ type: z.literal('collection'), name: repositoryNameSchema, roles: z.array(collectionRoleSchema) }),
  )
  .min(1)
  .max(1000);

export const repositoryNewAccessKeySchema = z.strictObject({
  name: repositoryNameSchema.max(63),
  objects: keyObjects.describe('What the key may do, within the rights of its user.'),
  expiresAt: repositoryInstantSchema.optional(),
});

export const repositoryAccessKeyChangeSchema = z.strictObject({
  objects: keyObjects.optional(),
  expiresAt: repositoryInstantSchema.nullish().describe('null: it no longer expires.'),
});

export const repositoryRotationSchema = z.strictObject({
  overlap: z
    .string()
    .max(32)
    .optional()
    .describe('How long the old secret counts beside the new one, e.g. `24h`. Default: not at all.'),
});

export const repositoryAccessKeySchema = z
  .strictObject({
    name: z.string(),
    objects: z.array(z.strictObject({ type: z.string(), name: z.string(), roles: z.array(z.string()) })),
    createdAt: repositoryInstantSchema.nullable().describe('null: it was not made through the API.'),
    createdBy: z.string().nullable(),
    rotatedAt: repositoryInstantSchema.nullable(),
    expiresAt: repositoryInstantSchema.nullable(),
    previousSecretUntil: repositoryInstantSchema.nullable(),
    lastUsedAt: repositoryInstantSchema.nullable(),
    lastUsedIp: z.string().nullable(),
  })
  .meta({ id: 'AccessKey', description: 'A second login of a user, with less rights.' });

export const repositoryUserReplySchema = repositorySuccess({ user: repositoryManagedUserSchema });
export const repositoryUsersReplySchema = repositorySuccess({ users: z.array(repositoryManagedUserSchema) });
export const repositoryAccessKeyReplySchema = repositorySuccess({ accessKey: repositoryAccessKeySchema });
export const repositoryAccessKeysReplySchema = repositorySuccess({ accessKeys: z.array(repositoryAccessKeySchema) });
export const repositorySecretReplySchema = repositorySuccess({
  accessKey: repositoryAccessKeySchema,
  username: z.string().describe('What to log in with.'),
  secret: z.string().describe('The password of the key. It is shown this once.'),
});
export const repositoryRemovedReplySchema = repositorySuccess({ removed: z.string() });
export const repositoryRevokedReplySchema = repositorySuccess({
  revoked: z.int().min(0).describe('How many sessions.'),
});
