import { setTimeout as delay } from 'node:timers/promises';
import { type KubeClient, KubeError } from '@backstay/kubernetes';
import { type Job, type Pod, type Problem, resourceTypes } from '@backstay/shared';
import type { Logger } from 'pino';
import { completeCondition, failedCondition } from '../../kubernetes/job-state.ts';
import { randomName } from '../../kubernetes/random-name.ts';
import { type CheckRequest, checkJob, checkSecret, checkTimeoutSeconds } from './check-job.ts';

const pollMilliseconds = 150;
/** The Job's own deadline ends it first, where the cluster does its work. */
const giveUpMilliseconds = (checkTimeoutSeconds + 5) * 1000;
const longestOutput = 65_536;

export interface CheckContext {
  /** The person's. */
  client: KubeClient;
  logger: Logger;
  signal?: AbortSignal;
}

/**
 * Runs a check as the person and reads what it found. Whatever happens, nothing of it stays in the cluster: what cannot be
 * removed here goes by the Job's time to live, and the Secret with its Job.
 */
export async function runCheck(
  { client, logger, signal }: CheckContext,
  request: Omit<CheckRequest, 'name'>,
): Promise<Problem[]> {
  const named = { ...request, name: randomName('check') };
  const key = { namespace: request.namespace, name: named.name };
  try {
    // Suspended until its Secret is there: no Pod starts without its values.
    const suspended = checkJob(named);
    const job = await client.create(resourceTypes.jobs, { ...suspended, spec: { ...suspended.spec, suspend: true } });
    await client.create(resourceTypes.secrets, checkSecret(named, job));
    await client.mergePatch(resourceTypes.jobs, key, { body: { spec: { suspend: false } } });
    const ended = await waitForEnd(client, key, signal);
    return await readProblems(client, key, ended);
  } finally {
    const removed = await Promise.allSettled([remove(client, 'jobs', key), remove(client, 'secrets', key)]);
    for (const result of removed) {
      if (result.status === 'rejected') logger.warn({ err: result.reason, ...key }, 'cannot remove a check');
    }
  }
}

interface Key {
  namespace: string;
  name: string;
}

async function waitForEnd(client: KubeClient, key: Key, signal?: AbortSignal): Promise<Job | undefined> {
  const deadline = Date.now() + giveUpMilliseconds;
  while (Date.now() < deadline) {
    signal?.throwIfAborted();
    const job = await client.get(resourceTypes.jobs, key);
    if (completeCondition(job) ?? failedCondition(job)) return job;
    await delay(pollMilliseconds);
  }
  return undefined;
}

async function readProblems(client: KubeClient, key: Key, job: Job | undefined): Promise<Problem[]> {
  const pods = await client.list(resourceTypes.pods, {
    namespace: key.namespace,
    labelSelector: `job-name=${key.name}`,
  });
  const pod = pods.items[0];
  const output = pod === undefined ? '' : await readOutput(client, { ...key, name: pod.metadata.name });
  const problems = parseCheckOutput(output);
  if (job !== undefined && completeCondition(job)) return problems;
  return [...problems, { field: '', message: whyUnfinished(job, pod, output) }];
}

/** Lines of `<parameter>\t<what is wrong>`; others are what tools said beside. */
export function parseCheckOutput(output: string): Problem[] {
  return output.split('\n').flatMap((line) => {
    const [parameter = '', message] = splitOnce(line);
    if (message === undefined || !/^\w*$/.test(parameter)) return [];
    return [{ field: parameter === '' ? '' : `parameters.${parameter}`, message: message.trim() }];
  });
}

function splitOnce(line: string): [string, string?] {
  const at = line.indexOf('\t');
  return at === -1 ? [line] : [line.slice(0, at), line.slice(at + 1)];
}

function whyUnfinished(job: Job | undefined, pod: Pod | undefined, output: string): string {
  const waiting = pod?.status?.containerStatuses?.[0]?.state?.waiting;
  if (waiting?.reason !== undefined && waiting.reason !== 'ContainerCreating') {
    return `The check could not start: ${waiting.reason}. ${waiting.message ?? ''}`.trim();
  }
  if (job === undefined || failedCondition(job)?.reason === 'DeadlineExceeded') {
    return `The check did not end within ${checkTimeoutSeconds} seconds: is the target reachable?`;
  }
  const last = output.trim().split('\n').at(-1);
  return last ? `The check broke off: ${last}` : 'The check broke off without a word.';
}

async function readOutput(client: KubeClient, key: Key): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of client.podLog(key, { container: 'check' })) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > longestOutput) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function remove(client: KubeClient, kind: 'jobs' | 'secrets', key: Key): Promise<void> {
  await client.delete(resourceTypes[kind], key, { propagationPolicy: 'Background' }).catch((error: unknown) => {
    if (!(error instanceof KubeError) || error.status !== 404) throw error;
  });
}
