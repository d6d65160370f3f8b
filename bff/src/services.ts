import { dirname, join } from 'node:path';
import type { KubeClient } from '@backstay/kubernetes';
import type { Job, JobDetail, JobSummary } from '@backstay/shared';
import type { Logger } from 'pino';
import { BackupService } from './features/backups/backup-service.ts';
import { ChangeRing } from './features/events/change-ring.ts';
import { LiveFeed } from './features/events/live-feed.ts';
import { JobArchiver } from './features/jobs/job-archiver.ts';
import { JobService } from './features/jobs/job-service.ts';
import { ProcedureCatalog } from './features/procedures/procedure-catalog.ts';
import { ProcedureService } from './features/procedures/procedure-service.ts';
import { RestoreService } from './features/restores/restore-service.ts';
import { ScheduleService } from './features/schedules/schedule-service.ts';
import { AuditLog } from './history/audit-log.ts';
import { type HistoryDatabase, openHistory } from './history/history-database.ts';
import { JobRecords } from './history/job-records.ts';
import { LogArchive } from './history/log-archive.ts';
import { Access } from './identity/access.ts';
import type { Identity } from './identity/identity.ts';
import { Sessions } from './identity/sessions.ts';
import { kubernetesSignIn, localSignIn } from './identity/sign-in.ts';
import { SignInCodes } from './identity/sign-in-codes.ts';
import { type ClusterCaches, startCaches, stopCaches } from './kubernetes/cluster-caches.ts';
import { CollectionStates } from './repository/collection-states.ts';
import { RepositoryClient } from './repository/repository-client.ts';

export interface ServiceOptions {
  /** The console's own account: it watches, and reads no Secrets. */
  client: KubeClient;
  /** The one person of local mode; absent: people bring a token of the cluster. */
  localUser?: Identity;
  databaseFile: string;
  repository: { url: string; jobUrl: string; namespace: string; username: string; password: string };
  logger: Logger;
  now: () => number;
}

export interface Services {
  database: HistoryDatabase;
  audit: AuditLog;
  codes: SignInCodes;
  sessions: Sessions;
  access: Access;
  caches: ClusterCaches;
  schedules: ScheduleService;
  jobs: JobService;
  procedures: ProcedureService;
  backups: BackupService;
  restores: RestoreService;
  ring: ChangeRing;
  archiver: JobArchiver;
  feed: LiveFeed;
  records: JobRecords;
  archive: LogArchive;
  stop(): Promise<void>;
}

const storedBackups = 500;

/** Builds everything behind the routes: the only place where features meet. */
export function createServices(options: ServiceOptions): Services {
  const { client, logger, now } = options;
  const database = openHistory(options.databaseFile);
  const codes = new SignInCodes(database, now);
  const signIn = options.localUser ? localSignIn(codes, options.localUser) : kubernetesSignIn(client);
  const caches = startCaches({ client, repositoryNamespace: options.repository.namespace, logger });
  const repository = new RepositoryClient(options.repository);
  const collections = new CollectionStates({ client: repository, resources: caches.collections, logger });
  const base = {
    ...{ database, codes, caches, repository, collections, logger, now },
    access: new Access(client, caches.namespaces, now),
    sessions: new Sessions(database, signIn, now),
    records: new JobRecords(database, now),
    archive: new LogArchive(join(dirname(options.databaseFile), 'job-logs')),
  };
  const features = createFeatures(base, options, { beforeCancel: (job) => live.archiver.follow(job) });
  const live = createLive(base, features, client);
  return {
    ...{ database, codes, caches, access: base.access, sessions: base.sessions, records: base.records },
    ...{ archive: base.archive, audit: new AuditLog(database, now) },
    ...features,
    ...live,
    stop: async () => {
      live.feed.stop();
      await live.archiver.stop();
      await collections.stop();
      await stopCaches(caches);
      await repository.close();
      await codes.settled();
      await database.destroy();
    },
  };
}

interface Base {
  access: Access;
  caches: ClusterCaches;
  collections: CollectionStates;
  repository: RepositoryClient;
  records: JobRecords;
  archive: LogArchive;
  logger: Logger;
  now: () => number;
}

function createFeatures(base: Base, options: ServiceOptions, hooks: { beforeCancel: (job: Job) => Promise<void> }) {
  const { access, caches, collections, repository, records, now } = base;
  const { jobUrl, namespace } = options.repository;
  const catalog = new ProcedureCatalog(caches.templates);
  const findProcedure = catalog.find.bind(catalog);
  const jobs = new JobService({ ...hooks, access, caches, records, archive: base.archive });
  const recentJobs = (of: string, schedule: string): JobSummary[] => jobs.recentOf(of, schedule);
  const procedures = new ProcedureService({ access, caches, catalog, logger: base.logger });
  const schedules = new ScheduleService({
    ...{ access, caches, collections, repository, recentJobs, findProcedure, now, logger: base.logger },
    repositoryAt: { jobUrl, namespace },
  });
  const backups = new BackupService({
    ...{ access, collections, repository, namespace },
    schedulesOf: (collection) => schedules.storingInto(collection),
    backupsOf: (of) => records.ofSchedule({ namespace: of.namespace, schedule: of.name }, storedBackups),
  });
  const restores = new RestoreService({
    ...{ access, collections, findProcedure, recentJobs, now },
    findSchedule: (identity, key) => schedules.find(identity, key),
    checkProcedure: (identity, check, signal) => procedures.check(identity, check, signal),
  });
  return { jobs, procedures, schedules, backups, restores };
}

function createLive(base: Base, features: ReturnType<typeof createFeatures>, client: KubeClient) {
  const { caches, collections, records, archive, logger } = base;
  const { jobs, schedules, backups } = features;
  const ring = new ChangeRing();
  const feed = new LiveFeed({
    ...{ ring, caches, collections, logger },
    scheduleSummary: (schedule) => schedules.summaryOf(schedule),
    jobSummary: (job) => jobs.summaryOf(job),
    collectionView: (name) => {
      const state = collections.get(name);
      return state && backups.view(state);
    },
    schedulesOf: (collection) => schedules.storingInto(collection),
  });
  const onArchived = (job: JobDetail) => {
    jobs.remember(job);
    feed.recorded(job);
    refreshCollectionOf(base, schedules, job);
  };
  const archiver = new JobArchiver({ client, caches, records, archive, logger, onArchived });
  return { ring, feed, archiver };
}

function refreshCollectionOf(base: Base, schedules: ScheduleService, job: JobDetail): void {
  const collection = schedules.collectionOf(job.namespace, job.schedule);
  if (collection === undefined || job.operation !== 'backup') return;
  base.collections.refresh(collection).catch((error: unknown) => {
    base.logger.warn({ err: error, collection }, 'cannot read a collection after a job');
  });
}
