import type { ActorContext, ActorRoute } from '../http/context.ts';
import type { Reply } from '../http/reply.ts';
import type { Services } from '../services.ts';

type Definition = Pick<ActorRoute, 'method' | 'path' | 'action' | 'documentation'>;
type ActorHandler = (services: Services, context: ActorContext) => Promise<Reply>;

/** Makes routes for people and programs with rights, within the usual limit of requests. */
export const actorRoutes =
  (services: Services) =>
  (definition: Definition, handle: ActorHandler): ActorRoute => ({
    ...definition,
    access: 'actor',
    limiter: services.limiters.default,
    handle: (context) => handle(services, context),
  });
