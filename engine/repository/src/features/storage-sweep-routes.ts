import { mayOperateStorage } from '../access/decision.ts';
import type { ActorContext, Route } from '../http/context.ts';
import { failure, type Reply, success } from '../http/reply.ts';
import type { Services } from '../services.ts';
import { sweepName } from '../sweep/storage-sweep.ts';
import { runSweepDocumentation, sweepDocumentation } from './version-care-documentation.ts';

const pageSize = 500;

const must = (context: ActorContext): void => {
  if (!mayOperateStorage(context.actor)) {
    throw failure(403, 'only a system administrator may see and compare the whole storage');
  }
};

const report = async (services: Services, context: ActorContext): Promise<Reply> => {
  must(context);
  const { maintenance } = services.metadata;
  const [last, orphans, counted] = await Promise.all([
    maintenance.last(sweepName),
    maintenance.orphans(pageSize, context.query.get('after') ?? undefined),
    maintenance.countOrphans(),
  ]);
  return success({
    sweep: {
      finishedAt: last?.finishedAt.toISOString() ?? null,
      result: last?.result ?? null,
      orphans: orphans.map(({ key, bytes, modifiedAt, firstSeenAt }) => ({
        key,
        bytes,
        modifiedAt: modifiedAt.toISOString(),
        firstSeenAt: firstSeenAt.toISOString(),
      })),
      orphanCount: counted.count,
      orphanBytes: counted.bytes,
      next: orphans.length < pageSize ? null : (orphans.at(-1)?.key ?? null),
    },
  });
};

const run = async (services: Services, context: ActorContext): Promise<Reply> => {
  must(context);
  services.sweep.run().catch((error: unknown) => {
    services.logger.error({ err: error }, 'storage and database could not be compared');
  });
  return success({ message: 'storage and database are being compared' }, 202);
};

export const storageSweepRoutes = (services: Services): Route[] => {
  const path = '/api/stable/repository/storage/sweep';
  const base = { path, access: 'actor', limiter: services.limiters.default } as const;
  return [
    {
      ...base,
      method: 'GET',
      action: 'storage.report',
      documentation: sweepDocumentation,
      handle: (context: ActorContext) => report(services, context),
    },
    {
      ...base,
      method: 'POST',
      action: 'storage.sweep',
      documentation: runSweepDocumentation,
      handle: (context: ActorContext) => run(services, context),
    },
  ];
};
