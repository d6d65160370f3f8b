import { annotations, type Job, labels, type Operation, type Pod, resourceTypes } from '@backstay/shared';
import type { MemoryCluster } from './memory-cluster.ts';

export interface JobOptions {
  name?: string;
  namespace?: string;
  schedule?: string;
  operation?: Operation;
}

/** Puts a Job and its Pod, both just made, into the cluster; the functions move them on as a cluster would. */
export class FakeJob {
  readonly #cluster: MemoryCluster;
  readonly name: string;
  readonly namespace: string;
  job: Job;
  pod: Pod | undefined;

  constructor(cluster: MemoryCluster, options: JobOptions = {}) {
    const { name = 'orders-backup-1', namespace = 'shop', schedule = 'orders', operation = 'backup' } = options;
    this.#cluster = cluster;
    this.name = name;
    this.namespace = namespace;
    const metadata = { name, namespace, labels: { [labels.schedule]: schedule, [labels.operation]: operation } };
    const spec = { template: { spec: { containers: [] } } };
    this.job = cluster.put(resourceTypes.jobs, { apiVersion: 'batch/v1', kind: 'Job', metadata, spec });
  }

  get podName(): string {
    return `${this.name}-pod`;
  }

  /** The Pod runs; `log` is what its container writes. */
  run(log: () => AsyncIterable<Uint8Array>): this {
    this.#cluster.logs.set(`${this.namespace}/${this.podName}/backup-maker`, log);
    const { uid = '', labels: own } = this.job.metadata;
    this.pod = this.#cluster.put(resourceTypes.pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: this.podName,
        namespace: this.namespace,
        labels: own,
        ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: this.name, uid, controller: true }],
      },
      spec: { containers: [{ name: 'backup-maker' }] },
      status: { phase: 'Running', containerStatuses: [status({ running: { startedAt: new Date().toISOString() } })] },
    });
    this.job = this.#cluster.put(resourceTypes.jobs, { ...this.job, status: { startTime: now(), active: 1 } });
    return this;
  }

  succeed(): this {
    this.#endPod(0);
    const done = { type: 'Complete', status: 'True', lastTransitionTime: now() };
    return this.#end({ succeeded: 1, completionTime: now(), conditions: [done] });
  }

  fail(more: { exitCode?: number; reason?: string; podReason?: string } = {}): this {
    this.#endPod(more.exitCode ?? 1, more.podReason);
    const { reason = 'BackoffLimitExceeded' } = more;
    return this.#end({
      failed: 1,
      conditions: [{ type: 'Failed', status: 'True', reason, lastTransitionTime: now() }],
    });
  }

  annotateCancelled(by: string): this {
    const current = this.#cluster.find(resourceTypes.jobs, this.namespace, this.name) ?? this.job;
    const metadata = { ...current.metadata, annotations: { [annotations.cancelledBy]: by } };
    this.job = this.#cluster.put(resourceTypes.jobs, { ...current, metadata });
    return this;
  }

  remove(): void {
    if (this.pod) this.#cluster.remove(resourceTypes.pods, this.namespace, this.podName);
    this.#cluster.remove(resourceTypes.jobs, this.namespace, this.name);
  }

  #end(end: NonNullable<Job['status']>): this {
    const current = this.#cluster.find(resourceTypes.jobs, this.namespace, this.name) ?? this.job;
    this.job = this.#cluster.put(resourceTypes.jobs, { ...current, status: { startTime: now(), ...end } });
    return this;
  }

  #endPod(exitCode: number, reason?: string): void {
    if (this.pod === undefined) return;
    const terminated = { exitCode, startedAt: now(), finishedAt: now(), ...(reason && { reason }) };
    const phase = exitCode === 0 ? 'Succeeded' : 'Failed';
    this.pod = this.#cluster.put(resourceTypes.pods, {
      ...this.pod,
      status: { phase, containerStatuses: [status({ terminated })] },
    });
  }
}

const now = () => new Date().toISOString();

const status = (state: NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number]['state']) => ({
  ...{ name: 'backup-maker', ready: false, restartCount: 0, image: 'x', imageID: 'x' },
  state,
});

/** Lines with instants of a tenth of a second each, from 05:00. */
export async function* lines(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const [index, text] of texts.entries()) {
    yield Buffer.from(`2026-11-23T05:00:00.${String(index).padStart(3, '0')}Z ${text}\n`);
  }
}
