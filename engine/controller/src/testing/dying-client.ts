import type { KubeClient } from '@backstay/kubernetes';

const methods = ['get', 'list', 'create', 'replace', 'mergePatch', 'apply', 'delete'] as const;

/**
 * Works until the request number `at` (from 0) that `counts` takes into account. That one is lost before it reaches the server,
 * or its answer is lost; nothing gets through afterwards.
 */
export const dyingClient = (
  client: KubeClient,
  { at, lost, counts }: { at: number; lost: 'request' | 'answer'; counts: (kind: string) => boolean },
): { client: KubeClient; died(): boolean } => {
  let made = 0;
  const wrapped: Record<string, unknown> = { ...client };
  for (const method of methods) {
    const original = client[method] as (...args: unknown[]) => Promise<unknown>;
    wrapped[method] = async (...args: unknown[]) => {
      const [{ kind }] = args as [{ kind: string }];
      const number = made;
      if (counts(`${method} ${kind}`)) {
        made += 1;
      }
      if (number < at || (number === at && made === at)) {
        return original(...args);
      }
      if (number === at && lost === 'answer') {
        await original(...args);
      }
      throw new Error('killed');
    };
  }
  return { client: wrapped as unknown as KubeClient, died: () => made > at };
};
