import type { KubeClient } from '@backstay/kubernetes';
import { statusOf } from '../cluster/errors.ts';

const verbs = {
  get: 'get',
  list: 'list',
  create: 'create',
  replace: 'update',
  mergePatch: 'patch',
  apply: 'apply',
  delete: 'delete',
} as const;

export interface ApiRequest {
  verb: string;
  /** Plural name of the kind; with `/status` for that part of it. */
  resource: string;
  /** HTTP status; 0: the server was not reached. */
  code: number;
}

const subresourceOf = (options: unknown[]): string =>
  options.some(
    (option) => typeof option === 'object' && option !== null && 'subresource' in option && option.subresource,
  )
    ? '/status'
    : '';

/** Tells of every request when its answer is there; of a watch when the server has accepted it. */
export const meteredClient = (client: KubeClient, tell: (request: ApiRequest) => void): KubeClient => {
  const wrapped: Record<string, unknown> = { ...client };
  for (const [method, verb] of Object.entries(verbs)) {
    const original = client[method as keyof typeof verbs] as (...args: unknown[]) => Promise<unknown>;
    wrapped[method] = async (...args: unknown[]) => {
      const [type, ...rest] = args as [{ plural: string }, ...unknown[]];
      const resource = `${type.plural}${subresourceOf(rest)}`;
      try {
        const answer = await original(...args);
        tell({ verb, resource, code: 200 });
        return answer;
      } catch (error) {
        tell({ verb, resource, code: statusOf(error) ?? 0 });
        throw error;
      }
    };
  }
  const watch: KubeClient['watch'] = (type, options) =>
    client.watch(type, {
      ...options,
      onOpen: () => {
        tell({ verb: 'watch', resource: type.plural, code: 200 });
        options.onOpen?.();
      },
    });
  return { ...(wrapped as unknown as KubeClient), watch };
};
