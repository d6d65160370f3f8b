import { type KubeClient, KubeError } from '@backstay/kubernetes';
import {
  actionName,
  backupAction,
  type CronJob,
  DomainError,
  type JobSummary,
  type Plan,
  type Problem,
  type Procedure,
  resourceTypes,
  type ScheduleDetail,
  type ScheduledBackup,
  type ScheduleSummary,
  secretParameterNames,
} from '@backstay/shared';
import type { Logger } from 'pino';
import { type Access, inScope } from '../../identity/access.ts';
import type { Identity } from '../../identity/identity.ts';
import { hashToken } from '../../identity/random-token.ts';
import type { ClusterCaches } from '../../kubernetes/cluster-caches.ts';
import { dryRunCreate } from '../../kubernetes/dry-run.ts';
import { eventItem, eventsOf } from '../../kubernetes/events-of.ts';
import { manifestOf } from '../../kubernetes/manifest.ts';
import { randomSuffix } from '../../kubernetes/random-name.ts';
import { collectionOf, readVars } from '../../kubernetes/stored-vars.ts';
import type { CollectionStates } from '../../repository/collection-states.ts';
import type { RepositoryClient, StoredVersion } from '../../repository/repository-client.ts';
import { createAll } from './create-all.ts';
import { type Draft, plannedObjects, readDraft } from './schedule-draft.ts';
import { cronJobName, isBuiltIn, scheduleSummary, withoutSecretVars } from './schedule-view.ts';

export interface ScheduleParts {
  access: Access;
  caches: ClusterCaches;
  collections: CollectionStates;
  repository: RepositoryClient;
  repositoryAt: { jobUrl: string; namespace: string };
  /** Newest first. */
  recentJobs: (namespace: string, schedule: string) => JobSummary[];
  findProcedure: (kind: 'internal' | 'cluster', name: string) => Procedure | undefined;
  logger: Logger;
  now: () => number;
}

export interface ScheduleKey {
  namespace: string;
  name: string;
}

const listSchedules = { verb: 'list', group: 'riotkit.org', resource: 'scheduledbackups' };
const hiddenValue = '';

interface MadeSummary {
  jobs: readonly JobSummary[];
  cronJob: CronJob | undefined;
  newest: StoredVersion | undefined;
  minute: number;
  summary: ScheduleSummary;
}

export class ScheduleService {
  readonly #parts: ScheduleParts;
  readonly #summaries = new WeakMap<ScheduledBackup, MadeSummary>();

  constructor(parts: ScheduleParts) {
    this.#parts = parts;
  }

  scope(identity: Identity) {
    return this.#parts.access.scope(identity, listSchedules);
  }

  async list(identity: Identity, namespace?: string): Promise<{ items: ScheduleSummary[]; total: number }> {
    const scope = await this.scope(identity);
    const items = this.#parts.caches.schedules
      .list(namespace)
      .filter((schedule) => inScope(scope, schedule.metadata.namespace ?? ''))
      .map((schedule) => this.summaryOf(schedule))
      .toSorted((a, b) => a.namespace.localeCompare(b.namespace) || a.name.localeCompare(b.name));
    return { items, total: items.length };
  }

  /** Worked out anew when something that it is made of changed, and every minute: time alone makes one overdue. */
  summaryOf(schedule: ScheduledBackup): ScheduleSummary {
    const namespace = schedule.metadata.namespace ?? '';
    const jobs = this.#parts.recentJobs(namespace, schedule.metadata.name);
    const cronJob = this.#parts.caches.cronJobs.get(namespace, cronJobName(schedule));
    const newest = this.#newestOf(schedule, jobs);
    const minute = Math.floor(this.#parts.now() / 60_000);
    const made = this.#summaries.get(schedule);
    const isCurrent =
      made?.jobs === jobs && made.cronJob === cronJob && made.newest === newest && made.minute === minute;
    if (made !== undefined && isCurrent) return made.summary;
    const procedure = this.#procedureOf(schedule);
    const summary = scheduleSummary({ schedule, cronJob, jobs, newest, procedure, now: new Date(this.#parts.now()) });
    this.#summaries.set(schedule, { jobs, cronJob, newest, minute, summary });
    return summary;
  }

  /** Schedules that store into a collection. */
  storingInto(collection: string): ScheduleKey[] {
    return this.#parts.caches
      .schedulesOf(collection)
      .map(({ metadata }) => ({ namespace: metadata.namespace ?? '', name: metadata.name }));
  }

  /** Undefined when there is no such schedule. */
  collectionOf(namespace: string, name: string): string | undefined {
    const schedule = this.#parts.caches.schedules.get(namespace, name);
    return schedule && collectionOf(schedule);
  }

  async detail(identity: Identity, key: ScheduleKey): Promise<ScheduleDetail> {
    const schedule = await this.find(identity, key);
    const client = this.#parts.access.clientOf(identity);
    const events = await eventsOf(client, key.namespace, new Set([schedule.metadata.uid ?? '']));
    const secretNames = this.#secretNames(schedule);
    const { params } = readVars(schedule);
    const shown = Object.entries(params).map(([name, value]) => [name, secretNames.has(name) ? hiddenValue : value]);
    const hidden = [...secretNames].map((name) => [name, hiddenValue]);
    const { secretName, email, createIfNotExists } = schedule.spec.gpgKeySecretRef;
    return {
      ...this.summaryOf(schedule),
      manifest: manifestOf(withoutSecretVars(schedule, secretNames)),
      parameters: { ...Object.fromEntries(shown), ...Object.fromEntries(hidden) },
      secretParameters: [...secretNames],
      key: { secretName, email, generated: createIfNotExists },
      conditions: (schedule.status?.conditions ?? []).map(({ type, status, reason, message }) => ({
        ...{ type, status, reason, message },
      })),
      events: events.map(eventItem),
    };
  }

  /** The schedule, for a person who may see it. */
  async find(identity: Identity, key: ScheduleKey): Promise<ScheduledBackup> {
    const allowed = await this.#parts.access.mayIn(identity, { ...listSchedules, namespace: key.namespace });
    const schedule = allowed ? this.#parts.caches.schedules.get(key.namespace, key.name) : undefined;
    if (schedule === undefined) throw new DomainError('not_found', `There is no schedule ${key.name}.`);
    return schedule;
  }

  async plan(identity: Identity, draft: Draft): Promise<Plan> {
    const { objects, problems } = this.#read(draft);
    const planned = plannedObjects(objects, draft.manifest !== undefined);
    const refused = problems.some((problem) => problem.field === 'namespace')
      ? []
      : await this.#dryRun(identity, planned);
    return {
      objects: planned.map(({ object }) => ({
        kind: object.kind,
        ...(object.metadata.namespace !== undefined && { namespace: object.metadata.namespace }),
        name: object.metadata.name,
        change: 'create' as const,
        yaml: manifestOf(object),
      })),
      problems: distinct([...problems, ...refused, ...(await this.#warnings(identity, draft))]),
    };
  }

  /** All or nothing: what was made before something failed is taken back. */
  async create(identity: Identity, draft: Draft): Promise<{ schedule: ScheduleKey; action?: ScheduleKey }> {
    const { objects, problems } = this.#read(draft);
    const planned = plannedObjects(objects, draft.manifest !== undefined);
    const wrong = errorsOf(problems);
    if (wrong.length > 0) throw new DomainError('invalid_input', undefined, { problems: wrong });
    await this.#refuseTakenName(identity, draft);
    const refused = errorsOf(await this.#dryRun(identity, planned));
    if (refused.length > 0) throw new DomainError('invalid_input', refused[0]?.message, { problems: refused });
    const { name, namespace } = draft.form;
    const action = draft.form.runNow ? this.#backupAction(identity, { namespace, name }) : undefined;
    await createAll({
      client: this.#parts.access.clientOf(identity),
      planned,
      objects,
      action,
      issueToken: () => this.#parts.repository.issueToken(objects.scheduledBackup.spec.collectionId),
      revokeToken: (sessionId) => this.#parts.repository.revoke(sessionId),
      logger: this.#parts.logger,
    });
    return { schedule: { namespace, name }, ...(action && { action: { namespace, name: action.metadata.name } }) };
  }

  async run(identity: Identity, key: ScheduleKey): Promise<{ action: ScheduleKey }> {
    await this.find(identity, key);
    const action = this.#backupAction(identity, key);
    await this.#parts.access.clientOf(identity).create(resourceTypes.requestedBackupActions, action);
    return { action: { namespace: key.namespace, name: action.metadata.name } };
  }

  async pause(identity: Identity, key: ScheduleKey, paused: boolean): Promise<void> {
    await this.find(identity, key);
    const body = { spec: { cronJob: { suspend: paused } } };
    await this.#parts.access.clientOf(identity).mergePatch(resourceTypes.scheduledBackups, key, { body });
  }

  /** The cluster removes what belongs to it; its access token ends. Backups, key and records stay. */
  async remove(identity: Identity, key: ScheduleKey): Promise<void> {
    const schedule = await this.find(identity, key);
    const client = this.#parts.access.clientOf(identity);
    const token = await readToken(client, schedule);
    await client.delete(resourceTypes.scheduledBackups, key, { propagationPolicy: 'Background' });
    if (token === undefined) return;
    await this.#parts.repository.revoke(hashToken(token)).catch((error: unknown) => {
      this.#parts.logger.warn({ err: error, schedule: key.name }, 'cannot end the access token of a deleted schedule');
    });
  }

  /** The private key that opens the backups, read as the person. */
  async recoveryKey(identity: Identity, key: ScheduleKey): Promise<string> {
    const schedule = await this.find(identity, key);
    const { secretName, privateKey } = schedule.spec.gpgKeySecretRef;
    const client = this.#parts.access.clientOf(identity);
    const secret = await client.get(resourceTypes.secrets, { namespace: key.namespace, name: secretName });
    const value = secret.data?.[privateKey || 'key'];
    if (!value) {
      throw new DomainError('not_found', `The Secret ${secretName} holds no private key (${privateKey || 'key'}).`);
    }
    return Buffer.from(value, 'base64').toString('utf8');
  }

  #read(draft: Draft) {
    const { caches, repositoryAt, findProcedure } = this.#parts;
    return readDraft(draft, {
      procedure: findProcedure(draft.form.procedure.kind, draft.form.procedure.name),
      repository: repositoryAt,
      collections: caches.collections.list(),
      namespaces: caches.namespaces.list().map((namespace) => namespace.metadata.name),
    });
  }

  async #dryRun(identity: Identity, planned: ReturnType<typeof plannedObjects>): Promise<Problem[]> {
    const client = this.#parts.access.clientOf(identity);
    const answers = planned.map(({ type, object, fieldOf }) => dryRunCreate({ client, type, object, fieldOf }));
    return (await Promise.all(answers)).flat();
  }

  async #refuseTakenName(identity: Identity, { form }: Draft): Promise<void> {
    if (this.#parts.caches.schedules.get(form.namespace, form.name) === undefined) return;
    await this.find(identity, form);
    const message = `There is a schedule ${form.name} in ${form.namespace} already. Choose another name.`;
    throw new DomainError('name_taken', message, { problems: [{ field: 'name', message }] });
  }

  async #warnings(identity: Identity, { form }: Draft): Promise<Problem[]> {
    if (form.key.mode === 'existing') return this.#keyProblems(identity, form.namespace, form.key);
    const name = `${form.name}-keys`;
    const client = this.#parts.access.clientOf(identity);
    const secret = await getOrUndefined(client, { namespace: form.namespace, name });
    if (secret === undefined) return [];
    const message = `The Secret ${name} is there already: its key is used, none is generated.`;
    return [{ field: 'key', message, severity: 'warning' }];
  }

  async #keyProblems(
    identity: Identity,
    namespace: string,
    key: { secretName: string; publicKey: string; privateKey: string },
  ): Promise<Problem[]> {
    const client = this.#parts.access.clientOf(identity);
    const secret = await getOrUndefined(client, { namespace, name: key.secretName });
    if (secret === undefined) return [{ field: 'key.secretName', message: `There is no Secret ${key.secretName}.` }];
    const missing = (entry: 'publicKey' | 'privateKey', severity: 'error' | 'warning', words: string): Problem[] =>
      secret.data?.[key[entry]]
        ? []
        : [{ field: `key.${entry}`, severity, message: `The Secret has no entry ${key[entry]}${words}` }];
    return [
      ...missing('publicKey', 'error', '.'),
      ...missing('privateKey', 'warning', ': nothing can be restored without it.'),
    ];
  }

  #backupAction(identity: Identity, key: ScheduleKey) {
    const name = actionName(key.name, 'backup', { now: new Date(this.#parts.now()), random: randomSuffix(4) });
    return backupAction({ namespace: key.namespace, schedule: key.name }, { name, requestedBy: identity.name });
  }

  #procedureOf(schedule: ScheduledBackup): Procedure | undefined {
    return this.#parts.findProcedure(isBuiltIn(schedule) ? 'internal' : 'cluster', schedule.spec.templateRef.name);
  }

  #secretNames(schedule: ScheduledBackup): Set<string> {
    return secretParameterNames(this.#procedureOf(schedule)?.parameters ?? []);
  }

  // In a collection of several schedules only the job tells whose version it is.
  #newestOf(schedule: ScheduledBackup, jobs: readonly JobSummary[]): StoredVersion | undefined {
    const collection = collectionOf(schedule);
    const versions = this.#parts.collections.get(collection)?.versions ?? [];
    if (this.storingInto(collection).length <= 1) return versions[0];
    const own = new Set(jobs.filter((job) => job.operation === 'backup').map((job) => job.version));
    return versions.find((version) => own.has(version.versionNumber));
  }
}

const errorsOf = (problems: readonly Problem[]) => problems.filter((problem) => problem.severity !== 'warning');

function distinct(problems: Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter((problem) => {
    const key = `${problem.field}\n${problem.message}`;
    return !seen.has(key) && seen.add(key);
  });
}

async function readToken(client: KubeClient, schedule: ScheduledBackup): Promise<string | undefined> {
  const { secretName, tokenKey } = schedule.spec.tokenSecretRef;
  // A token that somebody else made is theirs to end.
  if (secretName !== `${schedule.metadata.name}-access`) return undefined;
  const secret = await getOrUndefined(client, { namespace: schedule.metadata.namespace ?? '', name: secretName });
  const value = secret?.data?.[tokenKey];
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString('utf8');
}

async function getOrUndefined(client: KubeClient, key: ScheduleKey) {
  return client.get(resourceTypes.secrets, key).catch((error: unknown) => {
    if (error instanceof KubeError && (error.status === 404 || error.status === 403)) return undefined;
    throw error;
  });
}
