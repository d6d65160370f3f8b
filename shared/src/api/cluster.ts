import { z } from 'zod';
import { route } from './route.ts';

export const clusterRoutes = {
  /** Namespaces that the signed-in user can see. */
  listNamespaces: route({ method: 'GET', path: '/api/namespaces', reply: z.object({ items: z.array(z.string()) }) }),
  /** Names and keys of Secrets, never values; read with the rights of the signed-in user. */
  listSecrets: route({
    method: 'GET',
    path: '/api/namespaces/:namespace/secrets',
    reply: z.object({ items: z.array(z.object({ name: z.string(), keys: z.array(z.string()) })) }),
  }),
};
