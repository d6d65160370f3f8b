import type { Collection, JobSummary, LiveChange, ScheduleSummary } from '@backstay/shared';
import type { InfiniteData, QueryClient } from '@tanstack/react-query';
import { backupKeys, type CollectionList } from './queries/backups.ts';
import { type JobFilter, type JobPage, jobKeys } from './queries/jobs.ts';
import { type ScheduleList, scheduleKeys } from './queries/schedules.ts';

/** Lays a batch of changes into every cached list and detail, without asking the server for what it just said. */
export function applyChanges(client: QueryClient, changes: readonly LiveChange[]): void {
  for (const change of changes) {
    if (change.noun === 'schedules') {
      if (change.type === 'upsert') upsertSchedule(client, change.item);
      else removeSchedule(client, change.id);
    } else if (change.noun === 'jobs') {
      if (change.type === 'upsert') upsertJob(client, change.item);
      else removeJob(client, change.id);
    } else if (change.type === 'upsert') upsertCollection(client, change.item);
    else removeCollection(client, change.id);
  }
}

/** After a gap in the stream nothing cached can be trusted. */
export const reloadEverything = (client: QueryClient): Promise<void> =>
  client.invalidateQueries({
    predicate: ({ queryKey }) => ['schedules', 'jobs', 'collections'].includes(String(queryKey[0])),
  });

function upsertSchedule(client: QueryClient, item: ScheduleSummary): void {
  client.setQueryData<ScheduleList>(scheduleKeys.list(), (list) => {
    if (list === undefined) return list;
    const known = list.items.some(({ id }) => id === item.id);
    return known
      ? { ...list, items: list.items.map((each) => (each.id === item.id ? item : each)) }
      : { items: [...list.items, item], total: list.total + 1 };
  });
  const key = scheduleKeys.detail(item.namespace, item.name);
  client.setQueryData<object>(key, (detail) => (detail === undefined ? detail : { ...detail, ...item }));
  void client.invalidateQueries({ queryKey: key });
}

function removeSchedule(client: QueryClient, id: string): void {
  client.setQueryData<ScheduleList>(scheduleKeys.list(), (list) => {
    if (!list?.items.some((each) => each.id === id)) return list;
    return { items: list.items.filter((each) => each.id !== id), total: list.total - 1 };
  });
  void client.invalidateQueries({ queryKey: scheduleKeys.details });
}

const matches = (filter: JobFilter, job: JobSummary): boolean =>
  (filter.namespace === undefined || filter.namespace === job.namespace) &&
  (filter.schedule === undefined || filter.schedule === job.schedule) &&
  (filter.state === undefined || filter.state === job.state) &&
  (filter.operation === undefined || filter.operation === job.operation);

type JobPages = InfiniteData<JobPage, string>;

const addToTotal = (pages: readonly JobPage[], by: number): JobPage[] =>
  pages.map((page) => ({ ...page, total: page.total + by }));

function withoutJob(data: JobPages, id: string): JobPages {
  if (!data.pages.some((page) => page.items.some((each) => each.id === id))) return data;
  const pages = data.pages.map((page) => ({ ...page, items: page.items.filter((each) => each.id !== id) }));
  return { ...data, pages: addToTotal(pages, -1) };
}

/** A job older than what is loaded belongs to a later page: the server will give it when that page is asked for. */
const isBeyond = (pages: readonly JobPage[], job: JobSummary): boolean => {
  const last = pages.at(-1);
  const oldest = last?.items.at(-1);
  return last?.next !== undefined && oldest !== undefined && job.createdAt < oldest.createdAt;
};

function withJob(data: JobPages, job: JobSummary): JobPages {
  if (data.pages.some((page) => page.items.some((each) => each.id === job.id))) {
    const replace = (each: JobSummary): JobSummary => (each.id === job.id ? job : each);
    return { ...data, pages: data.pages.map((page) => ({ ...page, items: page.items.map(replace) })) };
  }
  const pages = addToTotal(data.pages, 1);
  if (isBeyond(pages, job)) return { ...data, pages };
  const place = pages.findIndex((page, index) => {
    const oldest = page.items.at(-1);
    return index === pages.length - 1 || (oldest !== undefined && job.createdAt >= oldest.createdAt);
  });
  return {
    ...data,
    pages: pages.map((page, index) =>
      index === place ? { ...page, items: [...page.items, job].toSorted(newestFirst) } : page,
    ),
  };
}

const newestFirst = (a: JobSummary, b: JobSummary): number =>
  b.createdAt.localeCompare(a.createdAt) || b.name.localeCompare(a.name);

function upsertJob(client: QueryClient, job: JobSummary): void {
  for (const query of client.getQueryCache().findAll({ queryKey: jobKeys.lists })) {
    const filter = query.queryKey[2] as JobFilter;
    client.setQueryData<JobPages>(query.queryKey, (data) => {
      if (data === undefined) return data;
      return matches(filter, job) ? withJob(data, job) : withoutJob(data, job.id);
    });
  }
  const key = jobKeys.detail(job.namespace, job.name);
  client.setQueryData<object>(key, (detail) => (detail === undefined ? detail : { ...detail, ...job }));
  void client.invalidateQueries({ queryKey: key });
}

function removeJob(client: QueryClient, id: string): void {
  for (const query of client.getQueryCache().findAll({ queryKey: jobKeys.lists })) {
    client.setQueryData<JobPages>(query.queryKey, (data) => (data === undefined ? data : withoutJob(data, id)));
  }
  void client.invalidateQueries({ queryKey: jobKeys.details });
}

function upsertCollection(client: QueryClient, item: Collection): void {
  client.setQueryData<CollectionList>(backupKeys.lists, (list) => {
    if (list === undefined) return list;
    const known = list.items.some(({ name }) => name === item.name);
    return {
      items: known ? list.items.map((each) => (each.name === item.name ? item : each)) : [...list.items, item],
    };
  });
  void client.invalidateQueries({ queryKey: backupKeys.versions(item.name) });
}

function removeCollection(client: QueryClient, name: string): void {
  client.setQueryData<CollectionList>(backupKeys.lists, (list) =>
    list === undefined ? list : { items: list.items.filter((each) => each.name !== name) },
  );
  void client.invalidateQueries({ queryKey: backupKeys.versions(name) });
}
