import { parseGoDuration, repositoryLoginSchema } from '@backstay/shared';
import type { z } from 'zod';
import { parseLogin } from '../access/login.ts';
import { type OperationsScope, operationsScopeSchema } from '../access/operations-scope.ts';
import { BusyError } from '../access/slots.ts';
import { sha256Hex } from '../access/tokens.ts';
import { later } from '../clock.ts';
import type { RequestContext } from '../http/context.ts';
import { accessFailure, empty, failure, type Reply, success } from '../http/reply.ts';
import type { Services } from '../services.ts';
import { secondPrecision } from './wire.ts';

const maxBodyBytes = 256 * 1024;
const maxDecisions = 3;

// Reads more than the documented schema demands: old clients leave parts of a scope out.
const bodySchema = repositoryLoginSchema.extend({ operationsScope: operationsScopeSchema });
type LoginBody = z.infer<typeof bodySchema>;

const fromForm = (text: string): unknown => {
  const form = new URLSearchParams(text);
  const scope = form.get('operationsScope');
  return {
    username: form.get('username'),
    password: form.get('password'),
    operationsScope: scope ? JSON.parse(scope) : undefined,
    lifetime: form.get('lifetime'),
  };
};

const readBody = async (context: RequestContext): Promise<LoginBody> => {
  const type = (context.request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  const text = await context.body.text(maxBodyBytes);
  try {
    switch (type) {
      case 'application/json':
        return bodySchema.parse(JSON.parse(text));
      case 'application/x-www-form-urlencoded':
        return bodySchema.parse(fromForm(text));
      default:
        throw new Error('unknown content type');
    }
  } catch {
    throw accessFailure(401, 'missing Username or Password');
  }
};

/** People type passwords into the wrong field: of a name that is no user's, hardly anything is kept. */
const shortenedName = (name: string): string => `${name.slice(0, 2)}… (${name.length} characters)`;

/** Longer than usual only for sessions that can do little. */
const lifetimeOf = (services: Services, body: LoginBody): number => {
  const { tokenLifetime, maxTokenLifetime } = services.settings;
  if (body.lifetime === undefined || body.lifetime === null || body.lifetime === '') {
    return tokenLifetime;
  }
  const wanted = parseGoDuration(body.lifetime);
  if (wanted === undefined || wanted < 1000) {
    throw accessFailure(400, 'lifetime must be a duration of one second or more, e.g. 12h');
  }
  if (wanted > tokenLifetime && body.operationsScope === undefined) {
    throw accessFailure(400, 'a longer lifetime needs an operationsScope that limits the session');
  }
  return Math.min(wanted, Math.max(tokenLifetime, maxTokenLifetime));
};

interface Grant {
  readonly username: string;
  readonly scope: OperationsScope | undefined;
  readonly lifetime: number;
  readonly secretFingerprint: string | undefined;
  readonly epoch: number;
}

/** Undefined: sessions of the user were ended while this one was decided on. */
const issue = async (services: Services, context: RequestContext, grant: Grant): Promise<Reply | undefined> => {
  const { tokens, clock, metadata, logger } = services;
  const now = clock.now();
  const { user, accessKey } = parseLogin(grant.username);
  const expiresAt = later(now, grant.lifetime);
  const token = await tokens.issue({
    login: user,
    accessKeyName: accessKey,
    scope: grant.scope,
    issuedAt: now,
    expiresAt,
  });
  const sessionId = sha256Hex(token);
  context.note({ sessionId });
  const session = {
    id: sessionId,
    createdAt: now,
    expiresAt,
    description: 'Login',
    requesterIp: context.clientAddress,
    user,
    accessKeyName: accessKey,
    secretFingerprint: grant.secretFingerprint,
  };
  const recorded = await metadata.sessions.record(session, grant.epoch).catch((error: unknown) => {
    logger.error({ err: error }, 'a new session could not be recorded');
    throw failure(500, 'cannot store the new session. Check server logs');
  });
  const msg = 'Use this sessionId to revoke this token anytime';
  return recorded ? success({ expire: secondPrecision(expiresAt), msg, sessionId, token }) : undefined;
};

/** Looks at the secret and grants a session for it. Undefined as for `issue`. */
const attempt = async (services: Services, context: RequestContext, body: LoginBody): Promise<Reply | undefined> => {
  const lifetime = lifetimeOf(services, body);
  const { user, accessKey } = parseLogin(body.username);
  const epoch = await services.metadata.sessions.epochOf(user);
  const { outcome, known, validUntil, secretFingerprint } = await services.logins.login(
    body.username,
    body.password,
    context.clientAddress,
  );
  context.note({ user: known ? user : shortenedName(user), accessKeyName: known ? accessKey : '' });
  if (outcome !== 'accepted') {
    services.metrics.loginFailed(outcome);
  }
  if (outcome === 'too-many') {
    return empty(429, { 'retry-after': '60' });
  }
  if (outcome === 'refused') {
    throw accessFailure(401, 'incorrect Username or Password');
  }
  const left = validUntil === undefined ? lifetime : validUntil.getTime() - services.clock.now().getTime();
  const grant = { username: body.username, scope: body.operationsScope, lifetime: Math.min(lifetime, left) };
  return await issue(services, context, { ...grant, secretFingerprint, epoch });
};

/** What is decided while the sessions of the user are being ended is decided once more, on what counts then. */
export const decidedAnew = async (decide: () => Promise<Reply | undefined>): Promise<Reply> => {
  for (let tries = 0; tries < maxDecisions; tries += 1) {
    const reply = await decide();
    if (reply !== undefined) {
      return reply;
    }
  }
  throw new BusyError();
};

export const login = async (services: Services, context: RequestContext): Promise<Reply> => {
  const body = await readBody(context);
  return await decidedAnew(() => attempt(services, context, body));
};
