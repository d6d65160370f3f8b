import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { UserDocument } from '../configuration/documents.ts';
import { type Actor, mayActForUser, mayActOnCollection, mayViewUser } from './decision.ts';
import type { CollectionAction } from './roles.ts';

const actions: CollectionAction[] = ['file.download', 'file.upload', 'file.upload-anytime'];
const allowed: Record<string, CollectionAction[]> = {
  systemAdmin: ['file.download', 'file.upload', 'file.upload-anytime'],
  collectionManager: ['file.download', 'file.upload', 'file.upload-anytime'],
  backupDownloader: ['file.download'],
  backupUploader: ['file.upload'],
  uploadsAnytime: ['file.upload', 'file.upload-anytime'],
  userManager: [],
  usersManager: [],
  unknown: [],
  toString: [],
};
const roles = Object.keys(allowed);

const user = (more: Partial<UserDocument> = {}): UserDocument => ({
  name: 'shop',
  email: '',
  roles: [],
  password: '',
  passwordFromRef: undefined,
  accessKeys: [],
  deactivated: false,
  restrictByIP: [],
  ...more,
});
const actor = (more: Partial<Actor> = {}): Actor => ({
  user: user(),
  accessKey: undefined,
  scope: undefined,
  sessionId: 's',
  ...more,
});
const object = (name: string, ...given: string[]) => ({ type: 'collection', name, roles: given });
const collection = (...accessControl: { name: string; type: string; roles: string[] }[]) => ({
  name: 'db',
  accessControl,
});
const rights = (who: Actor, what = collection()) => actions.filter((action) => mayActOnCollection(who, what, action));

describe('mayActOnCollection', () => {
  it.each(roles)('%s, as the role of a user, in the access control, a key and a scope', (role) => {
    const expected = allowed[role];
    expect(rights(actor({ user: user({ roles: [role] }) }))).toEqual(expected);
    expect(rights(actor(), collection({ name: 'shop', type: 'user', roles: [role] }))).toEqual(expected);
    const admin = user({ roles: ['systemAdmin'] });
    expect(rights(actor({ user: admin, accessKey: { name: 'k', objects: [object('db', role)] } }))).toEqual(expected);
    expect(rights(actor({ user: admin, scope: { elements: [object('db', role)] } }))).toEqual(expected);
  });

  it('denies by default', () => {
    expect(rights(actor())).toEqual([]);
    const others = collection(
      { name: 'other', type: 'user', roles: ['systemAdmin'] },
      { name: 'shop', type: 'group', roles: ['systemAdmin'] },
      { name: '', type: 'user', roles: ['systemAdmin'] },
    );
    expect(rights(actor(), others)).toEqual([]);
    expect(rights(actor({ user: user({ name: '' }) }), others)).toEqual([]);
  });

  it('lets limits of other objects allow nothing', () => {
    const admin = user({ roles: ['systemAdmin'] });
    for (const elements of [
      [object('other', 'systemAdmin')],
      [{ ...object('db', 'systemAdmin'), type: 'user' }],
      [object('DB', 'systemAdmin')],
    ]) {
      expect(rights(actor({ user: admin, scope: { elements } }))).toEqual([]);
      expect(rights(actor({ user: admin, accessKey: { name: 'k', objects: elements } }))).toEqual([]);
    }
    expect(rights(actor({ user: admin, accessKey: { name: 'k', objects: [] } }))).toEqual([]);
  });

  it('takes several entries for one object together', () => {
    const elements = [object('db', 'backupUploader'), object('db', 'backupDownloader')];
    expect(rights(actor({ user: user({ roles: ['systemAdmin'] }), scope: { elements } }))).toEqual([
      'file.download',
      'file.upload',
    ]);
  });

  it('never gives more to a session with limits than to one without', () => {
    const some = fc.array(fc.constantFrom(...roles), { maxLength: 3 });
    const objects = fc.array(
      fc.record({ type: fc.constantFrom('collection', 'user'), name: fc.constantFrom('db', 'x'), roles: some }),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(some, some, objects, objects, (...[own, granted, key, scope]) => {
        const what = collection({ name: 'shop', type: 'user', roles: granted });
        const base = actor({ user: user({ roles: own }) });
        const full = new Set(rights(base, what));
        const accessKey = { name: 'k', objects: key };
        const keyed = rights({ ...base, accessKey }, what);
        const both = rights({ ...base, accessKey, scope: { elements: scope } }, what);
        expect(keyed.every((action) => full.has(action))).toBe(true);
        expect(both.every((action) => keyed.includes(action))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('acting on users', () => {
  const limited: Partial<Actor>[] = [
    { accessKey: { name: 'k', objects: [object('db', 'systemAdmin')] } },
    { scope: { elements: [object('db', 'systemAdmin')] } },
  ];

  it('needs a role of its own and a session without limits', () => {
    for (const [role, view, act] of [
      ['systemAdmin', true, true],
      ['userManager', true, false],
      ['usersManager', true, false],
      ['collectionManager', false, false],
    ] as const) {
      const who = actor({ user: user({ roles: [role] }) });
      expect([mayViewUser(who, 'other'), mayActForUser(who, 'other')], role).toEqual([view, act]);
      for (const more of limited) {
        expect([mayViewUser({ ...who, ...more }, 'other'), mayActForUser({ ...who, ...more }, 'other')]).toEqual([
          false,
          false,
        ]);
      }
    }
    expect([mayViewUser(actor(), 'shop'), mayActForUser(actor(), 'shop')]).toEqual([true, true]);
  });
});
