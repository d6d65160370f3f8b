import type { CollectionDocument } from '../configuration/documents.ts';
import { actionsOf, isSystemAdmin, managesUsers } from './roles.ts';

/** A user as far as rights go. */
export interface Subject {
  readonly name: string;
  readonly roles: readonly string[];
}

type Access = Pick<CollectionDocument, 'name' | 'accessControl'>;

const rolesOn = (subject: Subject, collection: Access): string[] => [
  ...subject.roles,
  ...collection.accessControl
    .filter((entry) => entry.type === 'user' && entry.name === subject.name)
    .flatMap((entry) => entry.roles),
];

const isWithin = (some: readonly string[], all: readonly string[]): boolean => {
  const allowed = new Set<string>(actionsOf(all));
  return actionsOf(some).every((action) => allowed.has(action));
};

/**
 * Whether the roles of somebody allow anything, anywhere, that those of the actor do not. Then the actor must not give
 * them, nor act on an account that has them.
 */
export const rolesExceed = (roles: readonly string[], actor: Subject): boolean =>
  (isSystemAdmin(roles) && !isSystemAdmin(actor.roles)) ||
  (managesUsers(roles) && !managesUsers(actor.roles)) ||
  !isWithin(roles, actor.roles);

/**
 * The same, with what access control gives on each collection: for whoever sets a password could use the account. Entries
 * of a name that is no user's yet count as well.
 */
export const accountExceeds = (account: Subject, actor: Subject, collections: readonly Access[]): boolean =>
  rolesExceed(account.roles, actor) ||
  collections.some((collection) => !isWithin(rolesOn(account, collection), rolesOn(actor, collection)));
