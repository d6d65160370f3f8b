import { randomBytes } from 'node:crypto';
import {
  parseGoDuration,
  repositoryAccessKeyChangeSchema,
  repositoryNewAccessKeySchema,
  repositoryRotationSchema,
} from '@backstay/shared';
import { mayActForUser } from '../../access/decision.ts';
import { encodePassword } from '../../access/passwords.ts';
import { storedHash } from '../../access/secrets.ts';
import { later } from '../../clock.ts';
import type { AccessKeyDocument } from '../../configuration/documents.ts';
import type { ActorContext, Route } from '../../http/context.ts';
import { failure, type Reply, success } from '../../http/reply.ts';
import type { AccessKeyRecord } from '../../metadata/access-keys.ts';
import type { Services } from '../../services.ts';
import { actorRoutes } from '../actor-route.ts';
import {
  changeAccessKeyDocumentation,
  createAccessKeyDocumentation,
  listAccessKeysDocumentation,
  removeAccessKeyDocumentation,
  rotateAccessKeyDocumentation,
} from './access-key-documentation.ts';
import {
  changedFields,
  exclusively,
  expectedRevision,
  invalidFields,
  mustBeUnrestricted,
  rawList,
  readBody,
} from './management-support.ts';
import { findUser, mustManageUsers, mustNotExceed, type StoredUser } from './user-store.ts';

const maxOverlap = 30 * 24 * 3_600_000;
const maxKeys = 100;

const instant = (time: Date | undefined): string | null => time?.toISOString() ?? null;

const keyOnWire = (key: AccessKeyDocument, record: AccessKeyRecord | undefined) => ({
  name: key.name,
  objects: key.objects.map(({ type, name, roles }) => ({ type, name, roles })),
  createdAt: instant(record?.createdAt),
  createdBy: record?.createdBy ?? null,
  rotatedAt: instant(record?.rotatedAt),
  expiresAt: instant(record?.expiresAt),
  previousSecretUntil: instant(record?.previousUntil),
  lastUsedAt: instant(record?.lastUsedAt),
  lastUsedIp: record?.lastUsedIp ?? null,
});

/** Easy to find for scanners of leaked secrets. */
const newSecret = (): string => `bsk_${randomBytes(32).toString('base64url')}`;

const nameOf = (raw: Record<string, unknown>): string => (typeof raw['name'] === 'string' ? raw['name'] : '');

const mustActOnKeys = async (services: Services, context: ActorContext): Promise<StoredUser> => {
  const name = context.params['userName'] ?? '';
  mustBeUnrestricted(context.actor);
  const self = name === context.actor.user.name;
  if (!self) {
    mustManageUsers(context);
  }
  const found = await findUser(services, context);
  if (!self) {
    await mustNotExceed(services, context, { name, roles: found.user?.roles ?? [] });
  }
  return found;
};

const mustHaveKey = (found: StoredUser, name: string): AccessKeyDocument => {
  const key = found.user?.accessKeys.find((candidate) => candidate.name === name);
  if (key === undefined) {
    throw failure(404, 'there is no such access key');
  }
  return key;
};

const mustBeAhead = (services: Services, expiresAt: string | null | undefined): Date | undefined => {
  const time = expiresAt === null || expiresAt === undefined ? undefined : new Date(expiresAt);
  if (time !== undefined && time <= services.clock.now()) {
    throw invalidFields([{ field: 'expiresAt', message: 'must lie in the future' }]);
  }
  return time;
};

const note = (context: ActorContext, key: string, detail?: string): void =>
  context.note({
    target: `access key ${context.params['userName'] ?? ''}$${key}`,
    ...(detail === undefined ? {} : { detail }),
  });

const saveKeys = async (
  services: Services,
  context: ActorContext,
  change: { found: StoredUser; accessKeys: unknown[] },
) => {
  const { stored } = change.found;
  const revision = expectedRevision(context, stored);
  const fields = { accessKeys: change.accessKeys };
  await services.configuration.documents.change('BackupUser', stored.name, { revision, fields });
};

const listKeys = async (services: Services, context: ActorContext): Promise<Reply> => {
  const name = context.params['userName'] ?? '';
  mustBeUnrestricted(context.actor);
  if (!mayActForUser(context.actor, name)) {
    mustManageUsers(context);
  }
  const found = await findUser(services, context);
  const records = new Map((await services.metadata.accessKeys.listOf(name)).map((record) => [record.name, record]));
  const keys = found.user?.accessKeys ?? [];
  return success({ accessKeys: keys.map((key) => keyOnWire(key, records.get(key.name))) });
};

const shown = async (services: Services, user: string, key: AccessKeyDocument) =>
  keyOnWire(key, await services.metadata.accessKeys.find(user, key.name));

const createKey = async (services: Services, context: ActorContext): Promise<Reply> => {
  const { metadata, clock } = services;
  const body = await readBody(context, repositoryNewAccessKeySchema);
  note(context, body.name, changedFields(body));
  const expiresAt = mustBeAhead(services, body.expiresAt);
  return await exclusively(services, async () => {
    const found = await mustActOnKeys(services, context);
    const user = found.stored.name;
    const present = rawList(found.stored.spec['accessKeys']);
    if (present.some((key) => nameOf(key) === body.name) || present.length >= maxKeys) {
      throw failure(409, `there is an access key of that name already, or there are ${maxKeys} of them`);
    }
    const secret = newSecret();
    const key = { name: body.name, password: await encodePassword(secret), objects: body.objects };
    // Before the key can be used: nothing of an older key of that name must count for it.
    await metadata.sessions.revokeAll(user, { accessKeyName: body.name }, clock.now());
    await metadata.accessKeys.created({
      user,
      name: body.name,
      at: clock.now(),
      by: context.actor.user.name,
      expiresAt,
    });
    await saveKeys(services, context, { found, accessKeys: [...present, key] });
    const accessKey = await shown(services, user, { ...key, passwordFromRef: undefined });
    return success({ accessKey, username: `${user}$${body.name}`, secret }, 201);
  });
};

const changeKey = async (services: Services, context: ActorContext): Promise<Reply> => {
  const name = context.params['keyName'] ?? '';
  const body = await readBody(context, repositoryAccessKeyChangeSchema);
  note(context, name, changedFields(body));
  const expiresAt = mustBeAhead(services, body.expiresAt);
  return await exclusively(services, async () => {
    const found = await mustActOnKeys(services, context);
    const key = mustHaveKey(found, name);
    const { objects } = body;
    if (objects !== undefined) {
      const accessKeys = rawList(found.stored.spec['accessKeys']).map((raw) =>
        nameOf(raw) === name ? { ...raw, objects } : raw,
      );
      await saveKeys(services, context, { found, accessKeys });
    }
    if (body.expiresAt !== undefined) {
      await services.metadata.accessKeys.expire(found.stored.name, name, expiresAt);
    }
    return success({
      accessKey: await shown(services, found.stored.name, { ...key, objects: objects ?? key.objects }),
    });
  });
};

const overlapOf = (overlap: string | undefined): number => {
  const milliseconds = overlap === undefined ? 0 : parseGoDuration(overlap);
  if (milliseconds === undefined || milliseconds < 0 || milliseconds > maxOverlap) {
    throw invalidFields([{ field: 'overlap', message: 'must be a duration such as 24h, of 720h at most' }]);
  }
  return milliseconds;
};

const endOldSecret = async (services: Services, key: { user: string; name: string }, until: Date | undefined) => {
  const { sessions } = services.metadata;
  await (until === undefined
    ? sessions.revokeAll(key.user, { accessKeyName: key.name }, services.clock.now())
    : sessions.shorten(key.user, key.name, until));
};

const rotateKey = async (services: Services, context: ActorContext): Promise<Reply> => {
  const { metadata, clock, configuration } = services;
  const name = context.params['keyName'] ?? '';
  const overlap = overlapOf((await readBody(context, repositoryRotationSchema)).overlap);
  note(context, name, overlap === 0 ? 'without overlap' : 'with overlap');
  return await exclusively(services, async () => {
    const found = await mustActOnKeys(services, context);
    const key = mustHaveKey(found, name);
    const user = found.stored.name;
    const now = clock.now();
    const previousUntil = overlap === 0 ? undefined : later(now, overlap);
    const previousHash = previousUntil && found.user && (await storedHash(configuration, found.user, name));
    const secret = newSecret();
    const password = await encodePassword(secret);
    const accessKeys = rawList(found.stored.spec['accessKeys']).map((raw) => {
      const { passwordFromRef: _, ...rest } = raw;
      return nameOf(raw) === name ? { ...rest, password } : raw;
    });
    expectedRevision(context, found.stored);
    // Before the document, so that sessions of the old secret live through the overlap even when nothing comes after it.
    await metadata.accessKeys.rotated(user, name, { at: now, previousHash, previousUntil });
    await saveKeys(services, context, { found, accessKeys });
    await endOldSecret(services, { user, name }, previousUntil);
    return success({ accessKey: await shown(services, user, key), username: `${user}$${name}`, secret });
  });
};

const removeKey = async (services: Services, context: ActorContext): Promise<Reply> => {
  const { metadata, clock } = services;
  const name = context.params['keyName'] ?? '';
  note(context, name);
  return await exclusively(services, async () => {
    const found = await mustActOnKeys(services, context);
    mustHaveKey(found, name);
    const accessKeys = rawList(found.stored.spec['accessKeys']).filter((raw) => nameOf(raw) !== name);
    await saveKeys(services, context, { found, accessKeys });
    await metadata.sessions.revokeAll(found.stored.name, { accessKeyName: name }, clock.now());
    await metadata.accessKeys.forget(found.stored.name, name);
    return success({ removed: name });
  });
};

export const accessKeyRoutes = (services: Services): Route[] => {
  const all = '/api/stable/users/:userName/access-keys';
  const one = `${all}/:keyName`;
  const route = actorRoutes(services);
  return [
    route(
      { method: 'GET', path: all, action: 'access-key.list', documentation: listAccessKeysDocumentation },
      listKeys,
    ),
    route(
      { method: 'POST', path: all, action: 'access-key.create', documentation: createAccessKeyDocumentation },
      createKey,
    ),
    route(
      { method: 'PATCH', path: one, action: 'access-key.change', documentation: changeAccessKeyDocumentation },
      changeKey,
    ),
    route(
      {
        method: 'POST',
        path: `${one}/rotate`,
        action: 'access-key.rotate',
        documentation: rotateAccessKeyDocumentation,
      },
      rotateKey,
    ),
    route(
      { method: 'DELETE', path: one, action: 'access-key.revoke', documentation: removeAccessKeyDocumentation },
      removeKey,
    ),
  ];
};
