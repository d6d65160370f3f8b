import { scheduleRoutes } from '@backstay/shared';
import { queryOptions } from '@tanstack/react-query';
import { call, type ReplyOf } from '../api.ts';

export const scheduleKeys = {
  all: ['schedules'] as const,
  lists: ['schedules', 'list'] as const,
  list: () => ['schedules', 'list'] as const,
  details: ['schedules', 'detail'] as const,
  detail: (namespace: string, name: string) => ['schedules', 'detail', namespace, name] as const,
};

export type ScheduleList = ReplyOf<typeof scheduleRoutes.listSchedules>;

export const schedulesQuery = () =>
  queryOptions({
    queryKey: scheduleKeys.list(),
    queryFn: ({ signal }) => call(scheduleRoutes.listSchedules, { signal }),
  });

export const scheduleQuery = (namespace: string, name: string) =>
  queryOptions({
    queryKey: scheduleKeys.detail(namespace, name),
    queryFn: ({ signal }) => call(scheduleRoutes.getSchedule, { params: { namespace, name }, signal }),
  });
