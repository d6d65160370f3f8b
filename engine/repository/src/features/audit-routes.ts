import { repositoryAuditQuerySchema, repositoryAuditReplySchema } from '@backstay/shared';
import { z } from 'zod';
import { isSystemAdmin } from '../access/roles.ts';
import type { ActorContext, Route } from '../http/context.ts';
import { failure, type Reply, success } from '../http/reply.ts';
import type { AuditFilter, AuditPosition, AuditRecord } from '../metadata/audit.ts';
import type { Services } from '../services.ts';

const cursorSchema = z.tuple([z.iso.datetime(), z.uuid()]);

const writeCursor = ({ at, id }: AuditPosition): string =>
  Buffer.from(JSON.stringify([at.toISOString(), id])).toString('base64url');

const readCursor = (cursor: string): AuditPosition => {
  try {
    const [at, id] = cursorSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
    return { at: new Date(at), id };
  } catch {
    throw failure(400, 'cursor: is none that this server gave');
  }
};

const readQuery = (context: ActorContext): { filter: AuditFilter; limit: number; after: AuditPosition | undefined } => {
  const result = repositoryAuditQuerySchema.safeParse(Object.fromEntries(context.query));
  if (!result.success) {
    throw failure(400, result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
  }
  const { collection, since, until, limit, cursor, user, action, outcome } = result.data;
  const time = (text: string | undefined) => (text === undefined ? undefined : new Date(text));
  return {
    filter: { user, action, outcome, collectionId: collection, since: time(since), until: time(until) },
    limit,
    after: cursor === undefined ? undefined : readCursor(cursor),
  };
};

const entryOnWire = (entry: AuditRecord) => ({
  id: entry.id,
  at: entry.at.toISOString(),
  action: entry.action,
  outcome: entry.outcome,
  user: entry.user ?? null,
  accessKeyName: entry.accessKeyName ?? null,
  sessionId: entry.sessionId ?? null,
  collectionId: entry.collectionId ?? null,
  target: entry.target ?? null,
  requesterIp: entry.requesterIp ?? null,
  requestId: entry.requestId ?? null,
  detail: entry.detail ?? null,
});

const readAudit = async (services: Services, context: ActorContext): Promise<Reply> => {
  const { actor } = context;
  if (actor.accessKey !== undefined || actor.scope !== undefined || !isSystemAdmin(actor.user.roles)) {
    throw failure(403, 'this needs the role systemAdmin and a session without limits');
  }
  const { filter, limit, after } = readQuery(context);
  await services.recorder.flush();
  const entries = await services.metadata.audit.page(filter, { limit, after });
  const last = entries.length === limit ? entries.at(-1) : undefined;
  return success({ entries: entries.map(entryOnWire), nextCursor: last === undefined ? null : writeCursor(last) });
};

export const auditRoutes = (services: Services): Route[] => [
  {
    method: 'GET',
    path: '/api/stable/audit',
    access: 'actor',
    action: 'audit.read',
    limiter: services.limiters.default,
    documentation: {
      tag: 'audit',
      summary: 'Who did or tried what, newest first',
      description: 'Needs the role systemAdmin and a session without limits. Entries made meanwhile shift no page.',
      query: repositoryAuditQuerySchema,
      responses: { 200: { description: 'One page.', body: repositoryAuditReplySchema } },
    },
    handle: (context) => readAudit(services, context),
  },
];
