import type { KubeClient } from '@backstay/kubernetes';

const counted = ['get', 'list', 'create', 'replace', 'mergePatch', 'apply', 'delete'] as const;
const writes: readonly string[] = ['create', 'replace', 'mergePatch', 'apply', 'delete'];

/** Hands everything on and remembers which requests were made, as `<method> <kind>/<name>`. */
export const countingClient = (client: KubeClient): { client: KubeClient; requests: string[]; writes(): string[] } => {
  const requests: string[] = [];
  const wrapped: Record<string, unknown> = { ...client };
  for (const method of counted) {
    const original = client[method] as (...args: unknown[]) => unknown;
    wrapped[method] = (...args: unknown[]) => {
      const [type, subject] = args as [{ kind: string }, { name?: string; metadata?: { name?: string } } | undefined];
      requests.push(`${method} ${type.kind}/${subject?.metadata?.name ?? subject?.name ?? ''}`);
      return original(...args);
    };
  }
  const isWrite = (request: string): boolean => writes.some((method) => request.startsWith(`${method} `));
  return { client: wrapped as unknown as KubeClient, requests, writes: () => requests.filter(isWrite) };
};
