import { isUnrestricted, mayActForUser, mayViewUser } from '../access/decision.ts';
import { parseLogin } from '../access/login.ts';
import { sha256Hex, TokenError } from '../access/tokens.ts';
import { later } from '../clock.ts';
import type { ActorContext, RequestContext, Route, SessionContext } from '../http/context.ts';
import { failure, json, type Reply, success } from '../http/reply.ts';
import type { Services } from '../services.ts';
import {
  listSessionsDocumentation,
  loginDocumentation,
  logoutDocumentation,
  refreshDocumentation,
  viewUserDocumentation,
  whoamiDocumentation,
} from './auth-documentation.ts';
import { decidedAnew, login } from './login.ts';
import { grantedAccessOnWire, secondPrecision } from './wire.ts';

const whoami = async ({ actor, session }: ActorContext): Promise<Reply> =>
  success({
    email: actor.user.email,
    permissions: actor.user.roles,
    sessionId: session.id,
    grantedAccess: grantedAccessOnWire(session.granted),
  });

const viewUser = async (services: Services, context: ActorContext): Promise<Reply> => {
  const { user: name } = parseLogin(context.params['userName'] ?? '');
  if (!mayViewUser(context.actor, name)) {
    throw failure(403, 'no permissions to view that user account');
  }
  const user = await services.configuration.user(name);
  if (user === undefined) {
    throw failure(404, 'IsError retrieving user: user not found');
  }
  return success({ email: user.email, permissions: user.roles });
};

/** A session of an access key or with a scope learns and ends nothing but itself. */
const listSessions = async (services: Services, context: ActorContext): Promise<Reply> => {
  const { actor, session } = context;
  const name = context.query.get('userName') || actor.user.name;
  if (!mayActForUser(actor, name)) {
    throw failure(403, 'no permissions to act as other user');
  }
  const sessions = isUnrestricted(actor) ? await services.metadata.sessions.listOf(name) : [session.granted];
  return success({ grantedAccesses: sessions.map(grantedAccessOnWire) });
};

const checkForeignLogout = async (services: Services, context: SessionContext, target: string): Promise<void> => {
  const actor = await services.sessions.actorOf(context.session, context.clientAddress);
  const found = await services.metadata.sessions.find(target);
  if (!isUnrestricted(actor) || !mayActForUser(actor, found?.user ?? '')) {
    throw failure(403, "you don't have permissions to revoke session of other user");
  }
  if (found === undefined) {
    throw failure(404, 'specified session identifier is not valid, cannot find GrantedAccess of specified id');
  }
};

const logout = async (services: Services, context: SessionContext): Promise<Reply> => {
  const target = context.query.get('sessionId') ?? context.session.id;
  context.note({ target });
  if (target !== context.session.id) {
    await checkForeignLogout(services, context, target);
  }
  await services.metadata.sessions.revoke(target, services.clock.now());
  return success({ message: 'JWT was revoked', sessionId: target });
};

/** Same rights, same first login: refreshing goes on for one lifetime after that and not for ever. */
const refresh = async (services: Services, context: RequestContext): Promise<Reply | undefined> => {
  const { sessions, tokens, clock, settings, metadata } = services;
  const { authorization } = context.request.headers;
  const { claims: shown } = await sessions.authenticate(authorization, { acceptExpired: true });
  const epoch = await metadata.sessions.epochOf(shown.login);
  // Once more, now that the epoch is known.
  const session = await sessions.authenticate(authorization, { acceptExpired: true });
  const { claims } = session;
  context.note({ user: claims.login, accessKeyName: claims.accessKeyName, sessionId: session.id });
  const actor = await sessions.actorOf(session, context.clientAddress);
  const now = clock.now();
  if (claims.orig_iat * 1000 + settings.tokenLifetime <= now.getTime()) {
    throw new TokenError('token is expired');
  }
  const expiresAt = later(now, settings.tokenLifetime);
  const token = await tokens.issue({
    login: claims.login,
    accessKeyName: claims.accessKeyName,
    scope: actor.scope,
    issuedAt: new Date(claims.orig_iat * 1000),
    expiresAt,
  });
  const sessionId = sha256Hex(token);
  context.note({ target: sessionId });
  const next = {
    id: sessionId,
    createdAt: now,
    expiresAt,
    description: 'Refresh',
    requesterIp: context.clientAddress,
    user: claims.login,
    accessKeyName: claims.accessKeyName,
    secretFingerprint: session.granted.secretFingerprint,
  };
  if (!(await metadata.sessions.record(next, epoch))) {
    return undefined;
  }
  const answer = { expire: secondPrecision(expiresAt), token };
  return json(200, { code: 200, ...answer, data: { ...answer, sessionId }, status: true });
};

export const authRoutes = (services: Services): Route[] => {
  const { auth, default: normal } = services.limiters;
  const base = '/api/stable/auth';
  return [
    {
      method: 'POST',
      path: `${base}/login`,
      access: 'open',
      limiter: auth,
      action: 'session.login',
      audit: 'change',
      documentation: loginDocumentation,
      handle: (context) => login(services, context),
    },
    {
      method: 'GET',
      path: `${base}/refresh_token`,
      access: 'open',
      limiter: auth,
      action: 'session.refresh',
      audit: 'change',
      documentation: refreshDocumentation,
      handle: (context) => decidedAnew(() => refresh(services, context)),
    },
    {
      method: 'GET',
      path: `${base}/user/:userName`,
      access: 'actor',
      limiter: normal,
      action: 'user.view',
      documentation: viewUserDocumentation,
      handle: (context) => viewUser(services, context),
    },
    {
      method: 'GET',
      path: `${base}/whoami`,
      access: 'actor',
      limiter: normal,
      action: 'session.whoami',
      documentation: whoamiDocumentation,
      handle: whoami,
    },
    {
      method: 'DELETE',
      path: `${base}/logout`,
      access: 'session',
      limiter: normal,
      action: 'session.revoke',
      documentation: logoutDocumentation,
      handle: (context) => logout(services, context),
    },
    {
      method: 'GET',
      path: `${base}/token`,
      access: 'actor',
      limiter: normal,
      action: 'session.list',
      documentation: listSessionsDocumentation,
      handle: (context) => listSessions(services, context),
    },
  ];
};
