import { type Job, labels, type Pod, resourceTypes } from '@backstay/shared';
import type { MemoryCluster } from './memory-cluster.ts';

/** Runs the check Jobs of a cluster in memory: each ends at once with what the test told it to say. */
export function answerChecks(cluster: MemoryCluster) {
  const abort = new AbortController();
  const state = { output: '', exitCode: 0 };
  const seen: Record<string, string>[] = [];
  const run = async () => {
    for await (const [{ object }] of cluster.changes(resourceTypes.jobs, abort.signal)) {
      const job = object as Job;
      const isWaiting = job.spec.suspend === false && job.status === undefined;
      if (job.metadata.labels?.[labels.check] === 'true' && isWaiting) end(job);
    }
  };
  const end = (job: Job) => {
    const { name, namespace = '' } = job.metadata;
    const secret = cluster.find(resourceTypes.secrets, namespace, name);
    const values = Object.entries(secret?.data ?? {}).map(([key, value]) => [
      key,
      Buffer.from(value, 'base64').toString(),
    ]);
    seen.push(Object.fromEntries(values));
    const { output, exitCode } = state;
    cluster.logs.set(`${namespace}/${name}-pod/check`, async function* () {
      yield Buffer.from(output);
    });
    cluster.put(resourceTypes.pods, checkPod(name, namespace));
    const type = exitCode === 0 ? 'Complete' : 'Failed';
    cluster.put(resourceTypes.jobs, { ...job, status: { conditions: [{ type, status: 'True' }] } });
  };
  run().catch(() => undefined);
  return {
    seen,
    say: (output: string, exitCode = 0) => {
      state.output = output;
      state.exitCode = exitCode;
    },
    stop: () => abort.abort(),
  };
}

const checkPod = (name: string, namespace: string): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: `${name}-pod`, namespace, labels: { 'job-name': name } },
  spec: { containers: [{ name: 'check' }] },
});
