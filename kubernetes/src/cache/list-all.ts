import type { KubeList, KubeObject } from '@backstay/shared';
import type { ListOptions } from '../kube-client.ts';
import { KubeError } from '../kube-client.ts';

type ListPage<T extends KubeObject> = (options: ListOptions) => Promise<KubeList<T>>;

const isExpired = (error: unknown): boolean => error instanceof KubeError && error.status === 410;

const listPages = async <T extends KubeObject>(
  page: ListPage<T>,
  limit: number | undefined,
  keep: (object: T) => T,
): Promise<{ items: T[]; resourceVersion: string }> => {
  const items: T[] = [];
  let next: string | undefined;
  let resourceVersion = '';
  do {
    const answer = await page({ limit, continue: next });
    for (const item of answer.items) {
      items.push(keep(item));
    }
    next = answer.metadata.continue;
    resourceVersion = answer.metadata.resourceVersion ?? resourceVersion;
  } while (next);
  return { items, resourceVersion };
};

/** A complete list. When the server forgets where the pages were, it starts again: the last time in one piece. */
export const listAll = async <T extends KubeObject>(
  page: ListPage<T>,
  pageSize: number,
  keep: (object: T) => T,
): Promise<{ items: T[]; resourceVersion: string }> => {
  for (const limit of [pageSize, pageSize]) {
    try {
      return await listPages(page, limit, keep);
    } catch (error) {
      if (!isExpired(error)) {
        throw error;
      }
    }
  }
  return listPages(page, undefined, keep);
};
