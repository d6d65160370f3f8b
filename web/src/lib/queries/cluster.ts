import { clusterRoutes, procedureRoutes, sessionRoutes } from '@backstay/shared';
import { queryOptions } from '@tanstack/react-query';
import { call } from '../api.ts';

export const sessionKey = ['session'] as const;

export const sessionQuery = () =>
  queryOptions({
    queryKey: sessionKey,
    queryFn: ({ signal }) => call(sessionRoutes.getSession, { signal }),
    staleTime: 60_000,
    // Says whether the server itself is still in touch with the cluster.
    refetchInterval: 20_000,
  });

export const namespacesQuery = () =>
  queryOptions({
    queryKey: ['namespaces'] as const,
    queryFn: ({ signal }) => call(clusterRoutes.listNamespaces, { signal }),
  });

export const secretsQuery = (namespace: string) =>
  queryOptions({
    queryKey: ['secrets', namespace] as const,
    queryFn: ({ signal }) => call(clusterRoutes.listSecrets, { params: { namespace }, signal }),
    enabled: namespace !== '',
  });

export const proceduresQuery = () =>
  queryOptions({
    queryKey: ['procedures'] as const,
    queryFn: ({ signal }) => call(procedureRoutes.listProcedures, { signal }),
    staleTime: 60_000,
  });
