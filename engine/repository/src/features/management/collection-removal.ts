import { isHeld } from '@backstay/shared';
import { later } from '../../clock.ts';
import type { ActorContext } from '../../http/context.ts';
import { failure } from '../../http/reply.ts';
import type { Version } from '../../metadata/versions.ts';
import type { Services } from '../../services.ts';

/** Renewed with every version: after a crash the collection takes uploads again within this time. Milliseconds. */
const closedFor = 60_000;

export interface Removal {
  readonly services: Services;
  readonly context: ActorContext;
  readonly name: string;
  /** Aborts when another server may be changing the configuration. */
  readonly signal: AbortSignal;
}

export const mustBeFree = async ({ services, name }: Removal, confirm: string | undefined): Promise<void> => {
  const live = await services.metadata.versions.list(name);
  if (live.length > 0 && confirm !== name) {
    throw failure(
      409,
      `the collection holds ${live.length} versions: send {"confirm": "${name}"} to remove them with it`,
    );
  }
  const held = live.filter((version) => isHeld(version, services.clock.now()));
  if (held.length > 0) {
    throw failure(409, `these versions are held: ${held.map((version) => version.versionNumber).join(', ')}`);
  }
};

const close = async ({ services, name, signal }: Removal): Promise<void> => {
  signal.throwIfAborted();
  const now = services.clock.now();
  if (!(await services.metadata.closings.close(name, { now, until: later(now, closedFor) }))) {
    throw failure(409, 'uploads into this collection are open: wait for their end or abort them');
  }
};

/** What cannot be removed of its bytes now, the next sweep removes. */
const removeVersion = async ({ services, context }: Removal, version: Version): Promise<boolean> => {
  const { metadata, rotator, clock, logger } = services;
  const retired = await metadata.marks.retire({ ...version, now: clock.now() }, () => undefined);
  if (retired === undefined) {
    return false;
  }
  await services.audit({
    action: 'version.delete',
    outcome: 'done',
    user: context.actor.user.name,
    sessionId: context.session.id,
    collectionId: version.collectionId,
    target: `version ${version.versionNumber}`,
    requesterIp: context.clientAddress,
    requestId: context.requestId,
    detail: 'with its collection',
  });
  await rotator.removeBytes(version).catch((error: unknown) => {
    logger.error({ err: error, version: version.id }, 'the bytes of a removed version could not be removed yet');
  });
  return true;
};

/** The versions go first, the way all versions go; while one stays, the collection stays. */
const retireAll = async (removal: Removal): Promise<number> => {
  const { versions } = removal.services.metadata;
  let removed = 0;
  for (const version of await versions.list(removal.name)) {
    await close(removal);
    removed += (await removeVersion(removal, version)) ? 1 : 0;
  }
  const left = await versions.list(removal.name);
  if (left.length > 0) {
    throw failure(409, `${left.length} versions were held meanwhile; the collection stays with them`);
  }
  return removed;
};

/**
 * Takes out all versions and then the collection. Whatever stops it half-way leaves the collection with the versions that
 * are left; the same request goes on from there. No upload begins meanwhile, so nothing comes that nobody would list.
 */
export const removeWithVersions = async (removal: Removal, remove: () => Promise<void>): Promise<number> => {
  const { services, name } = removal;
  await close(removal);
  try {
    const versions = await retireAll(removal);
    await close(removal);
    await remove();
    return versions;
  } finally {
    await services.metadata.closings.reopen(name).catch((error: unknown) => {
      services.logger.error({ err: error, collection: name }, 'a collection stays closed for a minute');
    });
  }
};
