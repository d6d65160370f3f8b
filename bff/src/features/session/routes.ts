import { homedir } from 'node:os';
import type { KubeClient } from '@backstay/kubernetes';
import { DomainError, type Session, sessionRoutes } from '@backstay/shared';
import { z } from 'zod';
import type { Endpoints } from '../../http/handle.ts';
import { contextOf } from '../../http/request-context.ts';
import type { Identity } from '../../identity/identity.ts';
import type { SessionCookie } from '../../identity/session-cookie.ts';
import type { Sessions } from '../../identity/sessions.ts';

export interface SessionParts {
  sessions: Sessions;
  cookie: SessionCookie;
  /** The console's own account. */
  client: KubeClient;
  mode: Session['cluster']['mode'];
  clusterName: string;
  version: string;
  repository: NonNullable<Session['repository']>;
  /** Whether the custom resources are there. */
  resourcesInstalled: () => boolean;
  /** Whether what the console knows of the cluster is current. */
  fresh: () => boolean;
}

const versionSchema = z.object({ gitVersion: z.string() });
const defaultNamespace = 'default';

export function addSessionRoutes(endpoints: Endpoints, parts: SessionParts): void {
  const { cookie, sessions } = parts;
  endpoints.addPublic(sessionRoutes.signIn, async ({ body, request, response }) => {
    const begun = await sessions.begin(body.code);
    if (begun === undefined) throw new DomainError('sign_in_code_invalid');
    const context = contextOf(request);
    if (context.session !== undefined) await sessions.end(context.session.id);
    context.session = begun;
    cookie.write(response, begun.id);
    return describe(parts, begun.identity);
  });
  endpoints.add(sessionRoutes.getSession, ({ identity }) => describe(parts, identity));
  endpoints.add(sessionRoutes.signOut, async ({ sessionId, response }) => {
    await sessions.end(sessionId);
    cookie.clear(response);
    return { done: true as const };
  });
}

async function describe(parts: SessionParts, identity: Identity): Promise<Session> {
  return {
    user: { name: identity.name, groups: [...identity.groups] },
    cluster: {
      mode: parts.mode,
      name: parts.clusterName,
      version: await clusterVersion(parts.client),
      resourcesInstalled: parts.resourcesInstalled(),
      ...(!parts.fresh() && { stale: true }),
    },
    version: parts.version,
    defaultNamespace,
    repository: parts.repository,
    ...(parts.mode === 'local' && { homeFolder: homedir() }),
  };
}

// An absent cluster is no reason not to sign in: the pages say what is wrong.
async function clusterVersion(client: KubeClient): Promise<string> {
  const answer = await client.getRaw('/version').catch(() => undefined);
  const parsed = versionSchema.safeParse(answer);
  return parsed.success ? parsed.data.gitVersion : '';
}
