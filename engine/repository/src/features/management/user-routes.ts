import { repositoryNewUserSchema, repositoryPasswordChangeSchema, repositoryUserChangeSchema } from '@backstay/shared';
import { mayActForUser } from '../../access/decision.ts';
import { encodePassword } from '../../access/passwords.ts';
import { managesUsers } from '../../access/roles.ts';
import { fingerprintOf } from '../../access/secrets.ts';
import { readUser } from '../../configuration/documents.ts';
import type { ActorContext, Route } from '../../http/context.ts';
import { empty, failure, type Reply, success } from '../../http/reply.ts';
import type { Services } from '../../services.ts';
import { actorRoutes } from '../actor-route.ts';
import {
  changedFields,
  exclusively,
  expectedRevision,
  mustBeUnrestricted,
  readBody,
  withRevision,
} from './management-support.ts';
import {
  changePasswordDocumentation,
  changeUserDocumentation,
  createUserDocumentation,
  listUsersDocumentation,
  readUserDocumentation,
  removeUserDocumentation,
  revokeSessionsDocumentation,
} from './user-documentation.ts';
import {
  findUser,
  mustBeAddresses,
  mustLeaveAnAdmin,
  mustManageUsers,
  mustNotExceed,
  mustNotStandAbove,
  readStoredUser,
  userOnWire,
} from './user-store.ts';

const isSelf = (context: ActorContext): boolean => context.params['userName'] === context.actor.user.name;

const listUsers = async (services: Services, context: ActorContext): Promise<Reply> => {
  mustManageUsers(context);
  const stored = await services.configuration.documents.list('BackupUser');
  return success({ users: stored.map((one) => userOnWire(readStoredUser(one))) });
};

const showUser = async (services: Services, context: ActorContext): Promise<Reply> => {
  if (!isSelf(context)) {
    mustManageUsers(context);
  }
  const found = await findUser(services, context);
  return withRevision({ user: userOnWire(found) }, found.stored.revision);
};

const createUser = async (services: Services, context: ActorContext): Promise<Reply> => {
  mustManageUsers(context);
  const { name, password, ...fields } = await readBody(context, repositoryNewUserSchema);
  context.note({ target: `user ${name}`, detail: changedFields({ ...fields, ...(password && { password }) }) });
  mustBeAddresses(fields.restrictByIP);
  return await exclusively(services, async () => {
    await mustNotExceed(services, context, { name, roles: fields.roles });
    const spec = { ...fields, ...(password === undefined ? {} : { password: await encodePassword(password) }) };
    const stored = await services.configuration.documents.create('BackupUser', name, spec);
    return withRevision({ user: userOnWire(readStoredUser(stored)) }, stored.revision, 201);
  });
};

/** What may give an account more than it has; the rest of its fields may be changed by whoever it does not stand above. */
const isRise = (change: { roles?: unknown; deactivated?: boolean | undefined; restrictByIP?: unknown }): boolean =>
  change.roles !== undefined || change.restrictByIP !== undefined || change.deactivated === false;

const changeUser = async (services: Services, context: ActorContext): Promise<Reply> => {
  mustManageUsers(context);
  const fields = await readBody(context, repositoryUserChangeSchema);
  const name = context.params['userName'] ?? '';
  context.note({ target: `user ${name}`, detail: changedFields(fields) });
  mustBeAddresses(fields.restrictByIP);
  return await exclusively(services, async () => {
    const found = await findUser(services, context);
    mustNotStandAbove(context, found);
    if (isRise(fields)) {
      await mustNotExceed(services, context, { name, roles: fields.roles ?? found.user?.roles ?? [] });
    }
    const becomes = readUser({ metadata: { name }, spec: { ...found.stored.spec, ...fields } }, name);
    await mustLeaveAnAdmin(services, name, becomes);
    const revision = expectedRevision(context, found.stored);
    const stored = await services.configuration.documents.change('BackupUser', name, { revision, fields });
    return withRevision({ user: userOnWire(readStoredUser(stored)) }, stored.revision);
  });
};

const removeUser = async (services: Services, context: ActorContext): Promise<Reply> => {
  mustManageUsers(context);
  const { configuration, metadata, clock } = services;
  return await exclusively(services, async () => {
    const found = await findUser(services, context);
    const { name } = found.stored;
    context.note({ target: `user ${name}` });
    mustNotStandAbove(context, found);
    await mustLeaveAnAdmin(services, name);
    await configuration.documents.remove('BackupUser', name, expectedRevision(context, found.stored));
    // Or they would come alive again with the next user of that name.
    await metadata.sessions.revokeAll(name, {}, clock.now());
    await metadata.accessKeys.forget(name);
    return success({ removed: name });
  });
};

const checkCurrentPassword = async (services: Services, context: ActorContext, given: string | undefined) => {
  const result = await services.logins.login(context.actor.user.name, given ?? '', context.clientAddress);
  if (result.outcome === 'refused') {
    throw failure(403, 'currentPassword: is not the current password');
  }
  return result.outcome;
};

const changePassword = async (services: Services, context: ActorContext): Promise<Reply> => {
  const { configuration, metadata, clock } = services;
  mustBeUnrestricted(context.actor);
  const name = context.params['userName'] ?? '';
  context.note({ target: `user ${name}` });
  if (!isSelf(context)) {
    mustManageUsers(context);
  }
  const body = await readBody(context, repositoryPasswordChangeSchema);
  if (isSelf(context) && (await checkCurrentPassword(services, context, body.currentPassword)) === 'too-many') {
    return empty(429, { 'retry-after': '60' });
  }
  return await exclusively(services, async () => {
    const found = await findUser(services, context);
    if (!isSelf(context)) {
      await mustNotExceed(services, context, { name, roles: found.user?.roles ?? [] });
    }
    const password = await encodePassword(body.password);
    const ref = found.user?.passwordFromRef;
    if (ref === undefined) {
      const change = { revision: expectedRevision(context, found.stored), fields: { password } };
      await configuration.documents.change('BackupUser', name, change);
    } else {
      await configuration.documents.setSecretEntry(ref.name, ref.entry, password);
    }
    const except = isSelf(context) ? { except: context.session.id } : {};
    const revoked = await metadata.sessions.revokeAll(name, { accessKeyName: '', ...except }, clock.now());
    if (isSelf(context)) {
      await metadata.sessions.restamp(context.session.id, fingerprintOf(password));
    }
    return success({ revoked });
  });
};

const revokeSessions = async (services: Services, context: ActorContext): Promise<Reply> => {
  mustBeUnrestricted(context.actor);
  const name = context.params['userName'] ?? '';
  const accessKeyName = context.query.get('accessKeyName') ?? undefined;
  context.note({ target: `user ${name}`, detail: accessKeyName === undefined ? 'all' : `access key ${accessKeyName}` });
  if (!mayActForUser(context.actor, name)) {
    if (!managesUsers(context.actor.user.roles)) {
      throw failure(403, "you don't have permissions to revoke session of other user");
    }
    mustNotStandAbove(context, await findUser(services, context));
  }
  const which = accessKeyName === undefined ? {} : { accessKeyName };
  return success({ revoked: await services.metadata.sessions.revokeAll(name, which, services.clock.now()) });
};

export const userRoutes = (services: Services): Route[] => {
  const all = '/api/stable/users';
  const one = `${all}/:userName`;
  const route = actorRoutes(services);
  return [
    route({ method: 'GET', path: all, action: 'user.list', documentation: listUsersDocumentation }, listUsers),
    route({ method: 'POST', path: all, action: 'user.create', documentation: createUserDocumentation }, createUser),
    route({ method: 'GET', path: one, action: 'user.view', documentation: readUserDocumentation }, showUser),
    route({ method: 'PATCH', path: one, action: 'user.change', documentation: changeUserDocumentation }, changeUser),
    route({ method: 'DELETE', path: one, action: 'user.remove', documentation: removeUserDocumentation }, removeUser),
    route(
      { method: 'POST', path: `${one}/password`, action: 'user.password', documentation: changePasswordDocumentation },
      changePassword,
    ),
    route(
      {
        method: 'DELETE',
        path: `${one}/sessions`,
        action: 'session.revoke-all',
        documentation: revokeSessionsDocumentation,
      },
      revokeSessions,
    ),
  ];
};
