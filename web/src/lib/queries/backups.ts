import { backupRoutes } from '@backstay/shared';
import { queryOptions } from '@tanstack/react-query';
import { call, type ReplyOf } from '../api.ts';

export const backupKeys = {
  all: ['collections'] as const,
  lists: ['collections', 'list'] as const,
  versionLists: ['collections', 'versions'] as const,
  versions: (collection: string) => ['collections', 'versions', collection] as const,
};

export type CollectionList = ReplyOf<typeof backupRoutes.listCollections>;
export type VersionList = ReplyOf<typeof backupRoutes.listVersions>;

export const collectionsQuery = () =>
  queryOptions({
    queryKey: backupKeys.lists,
    queryFn: ({ signal }) => call(backupRoutes.listCollections, { signal }),
  });

export const versionsQuery = (collection: string) =>
  queryOptions({
    queryKey: backupKeys.versions(collection),
    queryFn: ({ signal }) => call(backupRoutes.listVersions, { params: { collection }, signal }),
  });
