import {
  actionName,
  type Check,
  DomainError,
  type JobSummary,
  type Operation,
  type Problem,
  type Procedure,
  type RestoreForm,
  type RestoreObjects,
  type RestorePlan,
  resourceTypes,
  restoreObjects,
  type ScheduledBackup,
  secretParameterNames,
} from '@backstay/shared';
import type { Access } from '../../identity/access.ts';
import type { Identity } from '../../identity/identity.ts';
import { dryRunCreate } from '../../kubernetes/dry-run.ts';
import { manifestOf } from '../../kubernetes/manifest.ts';
import { randomSuffix } from '../../kubernetes/random-name.ts';
import { collectionOf, readVars } from '../../kubernetes/stored-vars.ts';
import type { CollectionStates } from '../../repository/collection-states.ts';
import type { StoredVersion } from '../../repository/repository-client.ts';
import {
  appliedCheck,
  estimateSeconds,
  keyCheck,
  permissionCheck,
  runningCheck,
  targetCheck,
  versionChecks,
} from './restore-checks.ts';
import { ageInWords } from './words.ts';

export interface RestoreParts {
  access: Access;
  collections: CollectionStates;
  findSchedule: (identity: Identity, key: { namespace: string; name: string }) => Promise<ScheduledBackup>;
  findProcedure: (kind: 'internal' | 'cluster', name: string) => Procedure | undefined;
  checkProcedure: (
    identity: Identity,
    check: {
      namespace: string;
      kind: 'internal' | 'cluster';
      name: string;
      operation: Operation;
      parameters: Record<string, string>;
      schedule: string;
    },
    signal?: AbortSignal,
  ) => Promise<Problem[]>;
  /** Newest first. */
  recentJobs: (namespace: string, schedule: string) => JobSummary[];
  now: () => number;
}

interface Prepared {
  schedule: ScheduledBackup;
  version: StoredVersion | undefined;
  jobs: JobSummary[];
  objects: RestoreObjects;
  checks: Check[];
}

export class RestoreService {
  readonly #parts: RestoreParts;

  constructor(parts: RestoreParts) {
    this.#parts = parts;
  }

  async plan(identity: Identity, form: RestoreForm, signal?: AbortSignal): Promise<RestorePlan> {
    const prepared = await this.#prepare(identity, form, signal);
    const { action, targetSecret } = prepared.objects;
    const seconds = estimateSeconds(prepared.jobs, prepared.version?.filesize);
    return {
      steps: this.#steps(form, prepared),
      checks: prepared.checks,
      manifest: [targetSecret, action].flatMap((object) => (object ? [manifestOf(object)] : [])).join('---\n'),
      ...(seconds !== undefined && { estimatedSeconds: seconds }),
      ...(form.target.mode === 'in-place' && { confirmation: form.schedule }),
    };
  }

  async start(
    identity: Identity,
    form: RestoreForm & { confirmation?: string },
    signal?: AbortSignal,
  ): Promise<{ action: { namespace: string; name: string } }> {
    if (form.target.mode === 'in-place' && form.confirmation !== form.schedule) {
      const message = `Type ${form.schedule} to confirm that it is overwritten.`;
      throw new DomainError('invalid_input', message, { problems: [{ field: 'confirmation', message }] });
    }
    const { checks, objects } = await this.#prepare(identity, form, signal);
    const failed = checks.filter((check) => check.state === 'failed');
    if (failed.length > 0) {
      const problems = failed.map((check) => ({ field: check.id, message: check.message }));
      throw new DomainError('invalid_input', `${failed[0]?.title}: ${failed[0]?.message}`, { problems });
    }
    await this.#create(identity, objects);
    return { action: { namespace: form.namespace, name: objects.action.metadata.name } };
  }

  async #create(identity: Identity, { action, targetSecret }: RestoreObjects): Promise<void> {
    const client = this.#parts.access.clientOf(identity);
    const secret = targetSecret && (await client.create(resourceTypes.secrets, targetSecret));
    const key = secret && { namespace: secret.metadata.namespace, name: secret.metadata.name };
    try {
      const made = await client.create(resourceTypes.requestedBackupActions, action);
      if (key === undefined) return;
      const { apiVersion, kind, metadata } = made;
      const owner = { apiVersion, kind, name: metadata.name, uid: metadata.uid };
      await client.mergePatch(resourceTypes.secrets, key, { body: { metadata: { ownerReferences: [owner] } } });
    } catch (error) {
      if (key !== undefined) await client.delete(resourceTypes.secrets, key);
      throw error;
    }
  }

  async #prepare(identity: Identity, form: RestoreForm, signal?: AbortSignal): Promise<Prepared> {
    const { namespace } = form;
    const schedule = await this.#parts.findSchedule(identity, { namespace, name: form.schedule });
    const collection = collectionOf(schedule);
    await this.#parts.collections.refresh(collection);
    const versions = this.#parts.collections.get(collection)?.versions ?? [];
    const jobs = this.#parts.recentJobs(namespace, form.schedule);
    const objects = this.#objects(identity, form, schedule);
    const client = this.#parts.access.clientOf(identity);
    const [key, target, refused] = await Promise.all([
      keyCheck(client, schedule),
      this.#checkTarget(identity, { form, schedule }, signal),
      dryRunCreate({ client, type: resourceTypes.requestedBackupActions, object: objects.action }),
    ]);
    const checks = [
      appliedCheck(schedule),
      ...versionChecks(form.version, versions, collection),
      key,
      targetCheck(target),
      runningCheck(jobs),
      permissionCheck(refused),
    ];
    const version = versions.find((item) => item.versionNumber === form.version);
    return { schedule, version, jobs, objects, checks };
  }

  #objects(identity: Identity, form: RestoreForm, schedule: ScheduledBackup): RestoreObjects {
    const unique = { now: new Date(this.#parts.now()), random: randomSuffix(4) };
    const context = { name: actionName(form.schedule, 'restore', unique), requestedBy: identity.name };
    const secretNames = secretParameterNames(this.#procedureOf(schedule)?.parameters ?? []);
    return restoreObjects(form, { ...context, secretNames, extraEnvFrom: readVars(schedule).extraEnvFrom });
  }

  #procedureOf(schedule: ScheduledBackup): Procedure | undefined {
    const { kind, name } = schedule.spec.templateRef;
    return this.#parts.findProcedure(kind === 'internal' ? 'internal' : 'cluster', name);
  }

  async #checkTarget(
    identity: Identity,
    { form, schedule }: { form: RestoreForm; schedule: ScheduledBackup },
    signal?: AbortSignal,
  ): Promise<Problem[]> {
    const procedure = this.#procedureOf(schedule);
    if (procedure === undefined) {
      return [{ field: '', message: `The procedure ${schedule.spec.templateRef.name} does not exist any more.` }];
    }
    const parameters = form.target.mode === 'elsewhere' ? form.target.parameters : {};
    const { kind, name } = procedure;
    const check = { namespace: form.namespace, kind, name, parameters, schedule: form.schedule };
    return this.#parts.checkProcedure(identity, { ...check, operation: 'restore' }, signal);
  }

  #steps(form: RestoreForm, { schedule, version, jobs }: Prepared): string[] {
    const age = version && ageInWords(this.#parts.now() - Date.parse(version.CreatedAt));
    const procedure = this.#procedureOf(schedule);
    const title = procedure?.title ?? schedule.spec.templateRef.name;
    const steps = [
      `Version ${form.version} of ${collectionOf(schedule)}${age ? `, stored ${age} ago,` : ''} is downloaded, compared with its digest and decrypted.`,
      ...this.#targetSteps(form, procedure, title),
    ];
    if (age !== undefined && form.target.mode === 'in-place') {
      steps.push(`Everything that was written in the ${age} since then is lost.`);
    }
    const newer = jobs.find((job) => job.operation === 'backup' && job.state === 'succeeded');
    if (newer?.version !== undefined && newer.version > form.version) {
      steps.push(`There is a newer backup: version ${newer.version}.`);
    }
    return steps;
  }

  #targetSteps(form: RestoreForm, procedure: Procedure | undefined, title: string): string[] {
    if (form.target.mode === 'in-place') return [`${title}: the place it was taken from is overwritten.`];
    const parameters = procedure?.parameters ?? [];
    const secrets = secretParameterNames(parameters);
    const changed = Object.entries(form.target.parameters).map(([name, value]) => {
      const label = parameters.find((parameter) => parameter.name === name)?.label ?? name;
      return `${label}: ${secrets.has(name) ? '(not shown)' : value}.`;
    });
    return [`${title}: it is loaded with other parameters; what is there already is overwritten.`, ...changed];
  }
}
