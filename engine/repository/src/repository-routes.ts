import { auditRoutes } from './features/audit-routes.ts';
import { authRoutes } from './features/auth-routes.ts';
import { healthRoutes } from './features/health-routes.ts';
import { accessKeyRoutes } from './features/management/access-key-routes.ts';
import { collectionRoutes } from './features/management/collection-routes.ts';
import { userRoutes } from './features/management/user-routes.ts';
import { metricsRoutes } from './features/metrics-routes.ts';
import { openApiRoute } from './features/openapi-routes.ts';
import { storageSweepRoutes } from './features/storage-sweep-routes.ts';
import { uploadRoutes } from './features/upload-routes.ts';
import { versionCareRoutes } from './features/version-care-routes.ts';
import { versionRoutes } from './features/version-routes.ts';
import type { Route } from './http/context.ts';
import type { Services } from './services.ts';

/** Every route of the server, the document about them last. */
export const repositoryRoutes = (services: Services): Route[] => {
  const routes = [
    ...authRoutes(services),
    ...userRoutes(services),
    ...accessKeyRoutes(services),
    ...collectionRoutes(services),
    ...auditRoutes(services),
    ...metricsRoutes(services),
    ...versionRoutes(services),
    ...uploadRoutes(services),
    ...healthRoutes(services),
    ...versionCareRoutes(services),
    ...storageSweepRoutes(services),
  ];
  return [...routes, openApiRoute(services, routes)];
};
