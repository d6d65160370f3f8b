import { accountExceeds, rolesExceed, type Subject } from '../../access/excess.ts';
import { createAddressSet } from '../../access/ip-rules.ts';
import { isSystemAdmin, managesUsers } from '../../access/roles.ts';
import type { StoredDocument } from '../../configuration/document-store.ts';
import { readUser, type UserDocument } from '../../configuration/documents.ts';
import { MisconfiguredError } from '../../configuration/misconfigured-error.ts';
import type { ActorContext } from '../../http/context.ts';
import { failure } from '../../http/reply.ts';
import type { Services } from '../../services.ts';
import { collectionAccess, invalidFields, mustBeUnrestricted } from './management-support.ts';

export interface StoredUser {
  readonly stored: StoredDocument;
  /** Undefined: the document cannot be used; it gives no rights. */
  readonly user: UserDocument | undefined;
  readonly problem: string | undefined;
}

export const readStoredUser = (stored: StoredDocument): StoredUser => {
  try {
    const user = readUser({ metadata: { name: stored.name }, spec: stored.spec }, stored.name);
    return { stored, user, problem: undefined };
  } catch (error) {
    if (error instanceof MisconfiguredError) {
      return { stored, user: undefined, problem: error.message };
    }
    throw error;
  }
};

export const findUser = async (services: Services, context: ActorContext): Promise<StoredUser> => {
  const name = context.params['userName'] ?? '';
  const stored = await services.configuration.documents.find('BackupUser', name);
  if (stored === undefined) {
    throw failure(404, 'there is no such user');
  }
  return readStoredUser(stored);
};

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Field by field: a hash of a password must never come along. */
export const userOnWire = ({ stored, user, problem }: StoredUser) => ({
  name: stored.name,
  email: user?.email ?? '',
  roles: user?.roles ?? [],
  deactivated: user?.deactivated ?? false,
  restrictByIP: user?.restrictByIP ?? [],
  organization: text(stored.spec['organization']),
  about: text(stored.spec['about']),
  hasPassword: user !== undefined && (user.password !== '' || user.passwordFromRef !== undefined),
  accessKeys: user?.accessKeys.map(({ name }) => name) ?? [],
  revision: stored.revision,
  ...(problem === undefined ? {} : { problem }),
});

const actorSubject = ({ actor }: ActorContext): Subject => actor.user;
const tooMuch = () => failure(403, 'that account has or would have rights that you do not have');

export const mustManageUsers = (context: ActorContext): void => {
  mustBeUnrestricted(context.actor);
  if (!managesUsers(context.actor.user.roles)) {
    throw failure(403, 'this needs the role userManager or systemAdmin');
  }
};

/** The account must not stand above the one that acts on it. */
export const mustNotStandAbove = (context: ActorContext, account: StoredUser): void => {
  if (rolesExceed(account.user?.roles ?? [], actorSubject(context))) {
    throw tooMuch();
  }
};

/** The same for what would let the actor use the account, or give it more: all its rights count, on each collection. */
export const mustNotExceed = async (services: Services, context: ActorContext, account: Subject): Promise<void> => {
  const actor = actorSubject(context);
  if (!isSystemAdmin(actor.roles) && accountExceeds(account, actor, await collectionAccess(services))) {
    throw tooMuch();
  }
};

const isActiveAdmin = (user: UserDocument | undefined): boolean =>
  user !== undefined && !user.deactivated && isSystemAdmin(user.roles);

/** There must be somebody left who may do everything. */
export const mustLeaveAnAdmin = async (services: Services, name: string, becomes?: UserDocument): Promise<void> => {
  const all = (await services.configuration.documents.list('BackupUser')).map(readStoredUser);
  const wasAdmin = all.some(({ stored, user }) => stored.name === name && isActiveAdmin(user));
  const others = all.some(({ stored, user }) => stored.name !== name && isActiveAdmin(user));
  if (wasAdmin && !others && !isActiveAdmin(becomes)) {
    throw failure(409, 'this is the last active systemAdmin: give another user that role first');
  }
};

export const mustBeAddresses = (restrictByIP: readonly string[] | undefined): void => {
  const { invalid } = createAddressSet(restrictByIP ?? []);
  if (invalid.length > 0) {
    throw invalidFields([{ field: 'restrictByIP', message: 'holds something that is no address or CIDR range' }]);
  }
};
