import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { KubeObject } from '@backstay/shared';
import { issuer, type ServiceAccountTokens } from '../auth/service-account-tokens.ts';
import { timestamp } from '../clock.ts';
import { arrayAt, at, objectAt, stringAt } from '../json.ts';
import { applyMergePatch } from '../patch/merge-patch.ts';
import type { PodLogs } from '../pods/pod-logs.ts';
import { badRequest, invalid, invalidValue, notFound } from '../registry/api-error.ts';
import type { ObjectRegistry } from '../registry/object-registry.ts';
import { objectBody, parseJson, readBody, readText } from './body.ts';
import { fieldManager, integerParameter, isDryRun, isTrue, type ResourceExchange } from './exchange.ts';
import { sendJson } from './respond.ts';

function existing({ kind, namespace, name }: ResourceExchange, registry: ObjectRegistry): KubeObject {
  const object = registry.get(kind, namespace, name);
  if (!object) throw notFound(kind, name);
  return object;
}

/** Streams the kept log of one container; reads on with `follow` until it has ended or the client has gone. */
export async function handleLog(exchange: ResourceExchange, registry: ObjectRegistry, logs: PodLogs): Promise<void> {
  const pod = existing(exchange, registry);
  const { query, response } = exchange;
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const container = containerOf(exchange, pod);
  const chunks = logs.read({
    namespace: pod.metadata.namespace ?? '',
    pod: pod.metadata.name,
    uid: pod.metadata.uid ?? '',
    container,
    ...(isTrue(query, 'previous') ? { run: previousRun(pod, container) } : {}),
    follow: isTrue(query, 'follow'),
    timestamps: isTrue(query, 'timestamps'),
    signal: gone.signal,
    ...logWindow(query),
  });
  response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'no-cache, private' });
  response.flushHeaders();
  try {
    await pipeline(Readable.from(chunks, { objectMode: true, highWaterMark: 1 }), response);
  } catch (error) {
    if (!gone.signal.aborted) throw error;
  }
}

/** The number of the last run that has been followed, or will be, by another one. ApiError 400: there is none. */
function previousRun(pod: KubeObject, container: string): number {
  const all = [...arrayAt(pod, 'status', 'initContainerStatuses'), ...arrayAt(pod, 'status', 'containerStatuses')];
  const status = all.find((each) => stringAt(each, 'name') === container);
  const waits = at(status, 'state', 'waiting') !== undefined && at(status, 'lastState', 'terminated') !== undefined;
  const run = Number(at(status, 'restartCount') ?? 0) - (waits ? 0 : 1);
  if (run >= 0) return run;
  throw badRequest(`previous terminated container "${container}" in pod "${pod.metadata.name}" not found`);
}

/** Which part of the log is asked for. ApiError 400, 422. */
function logWindow(query: URLSearchParams) {
  const sinceTime = query.get('sinceTime') || undefined;
  const sinceSeconds = integerParameter(query, 'sinceSeconds');
  if (sinceTime !== undefined && sinceSeconds !== undefined) {
    const why = 'at most one of `sinceTime` or `sinceSeconds` may be specified';
    throw logOptionsInvalid('sinceSeconds', sinceSeconds, why);
  }
  if (sinceTime !== undefined && Number.isNaN(Date.parse(sinceTime))) {
    throw badRequest(`parsing time ${JSON.stringify(sinceTime)} as RFC 3339: cannot parse`);
  }
  const tailLines = atLeast(query, 'tailLines', 0);
  const limitBytes = atLeast(query, 'limitBytes', 1);
  return {
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(sinceTime === undefined ? {} : { sinceTime }),
    ...(sinceSeconds === undefined ? {} : { sinceSeconds }),
  };
}

function atLeast(query: URLSearchParams, name: string, least: number): number | undefined {
  const value = integerParameter(query, name);
  if (value === undefined || value >= least) return value;
  throw logOptionsInvalid(name, value, least === 0 ? 'must be greater than or equal to 0' : 'must be greater than 0');
}

const logOptionsInvalid = (field: string, value: number, why: string) =>
  invalid({ group: '', plural: '', kind: 'PodLogOptions' }, '', [invalidValue(field, value, why)]);

function containerOf({ query }: ResourceExchange, pod: KubeObject): string {
  const all = [...arrayAt(pod, 'spec', 'initContainers'), ...arrayAt(pod, 'spec', 'containers')];
  const names = all.map((container) => stringAt(container, 'name') ?? '');
  const main = arrayAt(pod, 'spec', 'containers').map((container) => stringAt(container, 'name') ?? '');
  const asked = query.get('container');
  if (asked) {
    if (names.includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${pod.metadata.name}`);
  }
  const [only, ...others] = main;
  if (only !== undefined && others.length === 0) return only;
  throw badRequest(
    `a container name must be specified for pod ${pod.metadata.name}, choose one of: [${main.join(' ')}]`,
  );
}

const scaleOf = (object: KubeObject) => {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = objectAt(object, 'spec', 'selector', 'matchLabels') ?? {};
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: at(object, 'spec', 'replicas') ?? 0 },
    status: {
      replicas: at(object, 'status', 'replicas') ?? 0,
      selector: Object.entries(selector)
        .map(([key, value]) => `${key}=${value}`)
        .join(','),
    },
  };
};

/** get, update and patch of a workload's number of replicas. */
export async function handleScale(exchange: ResourceExchange, registry: ObjectRegistry): Promise<void> {
  const { kind, method, query } = exchange;
  const object = existing(exchange, registry);
  if (method === 'GET') {
    sendJson(exchange, 200, scaleOf(object));
    return;
  }
  const scale =
    method === 'PUT'
      ? objectBody(await readBody(exchange.request))
      : applyMergePatch(scaleOf(object), parseJson(await readText(exchange.request)).value);
  const replicas = at(scale, 'spec', 'replicas') ?? 0;
  const resourceVersion = stringAt(scale, 'metadata', 'resourceVersion') ?? object.metadata.resourceVersion;
  const next = {
    ...object,
    metadata: { ...object.metadata, resourceVersion },
    spec: { ...objectAt(object, 'spec'), replicas },
  };
  const options = { dryRun: isDryRun(query), manager: fieldManager(exchange) };
  sendJson(exchange, 200, scaleOf(registry.update(kind, next, options)));
}

const oneHour = 3600;
const shortest = 600;
const longest = 2 ** 32;

/** TokenRequest: a token that speaks for a ServiceAccount until it expires. */
export async function handleTokenRequest(
  exchange: ResourceExchange,
  registry: ObjectRegistry,
  tokens: ServiceAccountTokens,
): Promise<void> {
  const account = existing(exchange, registry);
  const body = objectBody(await readBody(exchange.request));
  const seconds = Number(at(body, 'spec', 'expirationSeconds') ?? oneHour);
  if (!Number.isInteger(seconds) || seconds < shortest || seconds > longest) {
    const why =
      seconds > longest
        ? 'may not specify a duration larger than 2^32 seconds'
        : 'may not specify a duration less than 10 minutes';
    throw invalid({ group: 'authentication.k8s.io', plural: 'tokenrequests', kind: 'TokenRequest' }, '', [
      invalidValue('spec.expirationSeconds', seconds, why),
    ]);
  }
  const asked = arrayAt(body, 'spec', 'audiences').map(String);
  const audiences = asked.length > 0 ? asked : [issuer];
  const { token, expires } = tokens.issue(account, { seconds, audiences });
  sendJson(exchange, 201, {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: {
      name: account.metadata.name,
      namespace: account.metadata.namespace,
      creationTimestamp: timestamp(registry.clock.now()),
    },
    spec: { audiences, expirationSeconds: seconds, boundObjectRef: null },
    status: { token, expirationTimestamp: timestamp(expires) },
  });
}
