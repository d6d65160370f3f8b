import { setTimeout as delay } from 'node:timers/promises';
import { later } from '../clock.ts';
import type { ActorContext } from '../http/context.ts';
import { failure, type Reply, success } from '../http/reply.ts';
import type { Version } from '../metadata/versions.ts';
import type { Services } from '../services.ts';
import { collectionForListing, collectionToManage } from './collection-access.ts';
import { noVersion, versionNumberOf } from './version-protection.ts';

/** Small versions are answered at once; for the others the client asks again. Milliseconds. */
const patience = 1000;

const stateOf = (services: Services, version: Version): string =>
  services.verification.isRunning(version) ? 'running' : (version.verification?.result ?? 'never');

const summaryOf = (services: Services, version: Version) => ({
  versionNumber: version.versionNumber,
  state: stateOf(services, version),
  verifiedAt: version.verification?.at.toISOString() ?? null,
  detail: version.verification?.detail ?? null,
});

const settle = async (work: Promise<unknown>, signal: AbortSignal): Promise<void> => {
  // Whoever asked learns it by asking again: the job has logged why.
  await Promise.race([work.catch(() => undefined), delay(patience, undefined, { signal }).catch(() => undefined)]);
};

export const verify = async (services: Services, context: ActorContext): Promise<Reply> => {
  const collection = await collectionToManage(services, context, 'collection.verify');
  const versionNumber = versionNumberOf(context);
  const version = await services.metadata.versions.find(collection.name, versionNumber);
  if (version === undefined) {
    throw noVersion;
  }
  context.note({ target: `version ${versionNumber}` });
  const work = services.verification.request(version);
  if (work === undefined) {
    throw failure(503, 'too many versions wait for verification already', { headers: { 'retry-after': '30' } });
  }
  await settle(work, context.signal);
  const after = await services.metadata.marks.findById(version.id);
  if (after === undefined) {
    throw noVersion;
  }
  const reply = success(
    { verification: summaryOf(services, after) },
    services.verification.isRunning(after) ? 202 : 200,
  );
  const location = `/api/stable/repository/collection/${collection.name}/verification`;
  return { ...reply, headers: { ...reply.headers, location } };
};

const digestOf = (version: Version): string => {
  if (version.sha256 === undefined) {
    return 'none';
  }
  return version.baseline ? 'baseline' : 'recorded';
};

export const verificationReport = async (services: Services, context: ActorContext): Promise<Reply> => {
  const collection = await collectionForListing(services, context);
  const versions = await services.metadata.versions.list(collection.name);
  const { verification, settings, clock } = services;
  const period = settings.verifyPeriod;
  const since = later(clock.now(), -(period ?? 0));
  const fresh = versions.filter((version) => version.verification !== undefined && version.verification.at >= since);
  return success({
    verification: {
      periodSeconds: period === undefined ? null : period / 1000,
      versions: versions.map((version) => ({
        ...summaryOf(services, version),
        digest: digestOf(version),
        dueAt: period === undefined ? null : verification.dueAt(version).toISOString(),
        late: period !== undefined && verification.isLate(version),
      })),
      bad: versions.filter((version) => version.bad).map((version) => version.versionNumber),
      bytes: versions.reduce((sum, version) => sum + version.bytes, 0),
      bytesVerifiedInPeriod: fresh.reduce((sum, version) => sum + version.bytes, 0),
    },
  });
};
