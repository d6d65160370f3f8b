import { type JobState, jobRoutes } from '@backstay/shared';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { call, type ReplyOf } from '../api.ts';

export interface JobFilter {
  namespace?: string | undefined;
  schedule?: string | undefined;
  state?: JobState | undefined;
  operation?: 'backup' | 'restore' | undefined;
}

export const jobKeys = {
  all: ['jobs'] as const,
  lists: ['jobs', 'list'] as const,
  list: (filter: JobFilter) => ['jobs', 'list', filter] as const,
  details: ['jobs', 'detail'] as const,
  detail: (namespace: string, name: string) => ['jobs', 'detail', namespace, name] as const,
};

export type JobPage = ReplyOf<typeof jobRoutes.listJobs>;

export const jobsPageSize = 100;

export const jobsQuery = (filter: JobFilter) =>
  infiniteQueryOptions({
    queryKey: jobKeys.list(filter),
    queryFn: ({ signal, pageParam }) =>
      call(jobRoutes.listJobs, {
        query: { ...filter, limit: jobsPageSize, ...(pageParam === '' ? {} : { cursor: pageParam }) },
        signal,
      }),
    initialPageParam: '',
    getNextPageParam: (page: JobPage) => page.next,
  });

export const jobQuery = (namespace: string, name: string) =>
  queryOptions({
    queryKey: jobKeys.detail(namespace, name),
    queryFn: ({ signal }) => call(jobRoutes.getJob, { params: { namespace, name }, signal }),
  });
