import {
  DomainError,
  literalParameter,
  type Operation,
  type Problem,
  parameterProblems,
  type ScheduledBackup,
  secretParameterNames,
} from '@backstay/shared';
import type { Logger } from 'pino';
import type { Access } from '../../identity/access.ts';
import type { Identity } from '../../identity/identity.ts';
import type { ClusterCaches } from '../../kubernetes/cluster-caches.ts';
import { readSecretParameters, readVars } from '../../kubernetes/stored-vars.ts';
import { runCheck } from './check-runner.ts';
import type { ProcedureCatalog } from './procedure-catalog.ts';

export interface ProcedureCheck {
  namespace: string;
  kind: 'internal' | 'cluster';
  name: string;
  operation: Operation;
  parameters: Record<string, string>;
  schedule?: string;
}

export interface ProcedureParts {
  access: Access;
  caches: Pick<ClusterCaches, 'schedules'>;
  catalog: ProcedureCatalog;
  logger: Logger;
}

export class ProcedureService {
  readonly #access: Access;
  readonly #caches: Pick<ClusterCaches, 'schedules'>;
  readonly #logger: Logger;
  readonly catalog: ProcedureCatalog;

  constructor(parts: ProcedureParts) {
    this.#logger = parts.logger;
    this.#access = parts.access;
    this.#caches = parts.caches;
    this.catalog = parts.catalog;
  }

  async list(identity: Identity) {
    const question = { verb: 'list', group: 'riotkit.org', resource: 'clusterbackupproceduretemplates' };
    return this.catalog.list({ cluster: await this.#access.mayI(identity, question) });
  }

  /** Problems with the values, found without running anything first. */
  async check(identity: Identity, request: ProcedureCheck, signal?: AbortSignal): Promise<Problem[]> {
    const procedure = this.catalog.find(request.kind, request.name);
    if (procedure === undefined) throw new DomainError('not_found', `There is no procedure ${request.name}.`);
    const client = this.#access.clientOf(identity);
    const schedule = request.schedule && this.#caches.schedules.get(request.namespace, request.schedule);
    const stored = schedule ? await storedParameters(client, schedule) : {};
    const secrets = secretParameterNames(procedure.parameters);
    const given = Object.fromEntries(
      Object.entries(request.parameters)
        .filter(([, value]) => value !== '')
        .map(([name, value]) => [name, secrets.has(name) ? literalParameter(value) : value]),
    );
    const parameters = { ...stored, ...given };
    const problems = parameterProblems(procedure.parameters, parameters);
    const builtIn = request.kind === 'internal' ? this.catalog.builtIn(request.name) : undefined;
    if (problems.length > 0 || builtIn === undefined || builtIn.check === '') return problems;
    const { namespace, operation } = request;
    return runCheck({ client, signal, logger: this.#logger }, { namespace, operation, parameters, procedure: builtIn });
  }
}

const storedParameters = async (client: Parameters<typeof readSecretParameters>[0], schedule: ScheduledBackup) => ({
  ...readVars(schedule).params,
  ...(await readSecretParameters(client, schedule)),
});
