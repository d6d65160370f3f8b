import { z } from 'zod';
import { doneSchema } from './common.ts';
import { route } from './route.ts';

export const sessionSchema = z.object({
  user: z.object({ name: z.string(), groups: z.array(z.string()) }),
  cluster: z.object({
    /** local: the cluster inside this process. */
    mode: z.enum(['local', 'kubernetes']),
    name: z.string(),
    version: z.string(),
    /** False while the custom resources are not installed. */
    resourcesInstalled: z.boolean(),
    /** True while the console cannot follow the cluster: what it shows may be old. */
    stale: z.boolean().optional(),
  }),
  /** Version of Backstay. */
  version: z.string(),
  /** Namespace that forms start with. */
  defaultNamespace: z.string(),
  /** Where collections live, and how Jobs reach the repository: what the preview of a schedule needs. */
  repository: z.object({ namespace: z.string(), jobUrl: z.string() }).optional(),
  /** Home folder of this machine in local mode: a hint for path fields. */
  homeFolder: z.string().optional(),
});
export type Session = z.infer<typeof sessionSchema>;

export const sessionRoutes = {
  /** Exchanges a one-time code, or in a cluster a bearer token of it (of up to 8 KiB), for an HttpOnly cookie. 401 `sign_in_code_invalid` for a used or old one. */
  signIn: route({
    method: 'POST',
    path: '/api/session',
    body: z.object({ code: z.string().min(1).max(8192) }),
    reply: sessionSchema,
  }),
  getSession: route({ method: 'GET', path: '/api/session', reply: sessionSchema }),
  signOut: route({ method: 'DELETE', path: '/api/session', reply: doneSchema }),
};
