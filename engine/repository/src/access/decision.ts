import type { CollectionDocument, UserDocument } from '../configuration/documents.ts';
import type { OperationsScope } from './operations-scope.ts';
import { type CollectionAction, isSystemAdmin, managesUsers, rolesAllow } from './roles.ts';

/** Who makes a request, rebuilt from the configuration for each one. */
export interface Actor {
  readonly user: UserDocument;
  /** Objects that the access key of the session is limited to. Undefined: no access key. */
  readonly accessKey: { readonly name: string; readonly objects: readonly ScopedObject[] } | undefined;
  readonly scope: OperationsScope | undefined;
  readonly sessionId: string;
}

interface ScopedObject {
  readonly type: string;
  readonly name: string;
  readonly roles: readonly string[];
}

/** The roles that all entries for the collection give together. */
const rolesFor = (objects: readonly ScopedObject[], collection: string): string[] =>
  objects
    .filter((object) => object.type === 'collection' && object.name === collection)
    .flatMap((object) => object.roles);

/**
 * The only place that decides about collections. Denies unless something allows: an access key and a scope must each allow
 * the action, and then the collection's access control or the user's own roles must.
 */
export const mayActOnCollection = (
  actor: Actor,
  collection: Pick<CollectionDocument, 'name' | 'accessControl'>,
  action: CollectionAction,
): boolean => {
  if (actor.accessKey && !rolesAllow(rolesFor(actor.accessKey.objects, collection.name), action)) {
    return false;
  }
  if (actor.scope && !rolesAllow(rolesFor(actor.scope.elements, collection.name), action)) {
    return false;
  }
  const granted = collection.accessControl
    .filter((entry) => entry.type === 'user' && entry.name !== '' && entry.name === actor.user.name)
    .flatMap((entry) => entry.roles);
  return rolesAllow(granted, action) || rolesAllow(actor.user.roles, action);
};

/** A session of the user itself: without an access key and without a scope. */
export const isUnrestricted = (actor: Actor): boolean => actor.accessKey === undefined && actor.scope === undefined;

/** Acting on other users needs a session without limits. */
export const mayViewUser = (actor: Actor, name: string): boolean =>
  actor.user.name === name || (isUnrestricted(actor) && managesUsers(actor.user.roles));

export const mayActForUser = (actor: Actor, name: string): boolean =>
  actor.user.name === name || (isUnrestricted(actor) && isSystemAdmin(actor.user.roles));

/** The storage as a whole holds names of every collection. */
export const mayOperateStorage = (actor: Actor): boolean => isUnrestricted(actor) && isSystemAdmin(actor.user.roles);
