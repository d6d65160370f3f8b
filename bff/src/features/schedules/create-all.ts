import { type KubeClient, KubeError } from '@backstay/kubernetes';
import {
  accessTokenKey,
  type KubeObject,
  type OwnerReference,
  type RequestedBackupAction,
  type ResourceType,
  resourceTypes,
  type ScheduleObjects,
} from '@backstay/shared';
import type { Logger } from 'pino';
import type { Planned } from './schedule-draft.ts';

export interface Creation {
  /** The person's. */
  client: KubeClient;
  planned: readonly Planned[];
  objects: ScheduleObjects;
  /** Made last: the first backup. */
  action?: RequestedBackupAction;
  issueToken: () => Promise<{ token: string; sessionId: string }>;
  revokeToken: (sessionId: string) => Promise<void>;
  logger: Logger;
}

type Undo = () => Promise<unknown>;

/** Makes every object in order. When one fails, all that was made is taken back, newest first, and the error is thrown. */
export async function createAll(creation: Creation): Promise<void> {
  const undo: Undo[] = [];
  try {
    await makeObjects(creation, undo);
  } catch (error) {
    for (const step of undo.toReversed()) {
      await step().catch((failure: unknown) => creation.logger.error({ err: failure }, 'cannot take an object back'));
    }
    throw error;
  }
}

async function makeObjects(creation: Creation, undo: Undo[]): Promise<void> {
  const { client, objects } = creation;
  const { token, sessionId } = await creation.issueToken();
  undo.push(() => creation.revokeToken(sessionId));
  const owned: KubeObject[] = [];
  let owner: KubeObject | undefined;
  for (const { type, object } of creation.planned) {
    const made = await make(
      client,
      { type, object: object === objects.accessSecret ? withToken(object, token) : object },
      undo,
    );
    if (object.kind === 'Secret') owned.push(made);
    if (object.kind === 'ScheduledBackup') owner = made;
  }
  if (owner !== undefined) await ownSecrets(client, owner, owned);
  if (creation.action !== undefined) {
    await make(client, { type: resourceTypes.requestedBackupActions, object: creation.action }, undo);
  }
}

async function make<T extends KubeObject>(
  client: KubeClient,
  { type, object }: { type: ResourceType<T>; object: T },
  undo: Undo[],
): Promise<T> {
  const made = await client.create(type, object);
  const { namespace, name, uid } = made.metadata;
  undo.push(() => client.delete(type, { namespace, name }, { uid, propagationPolicy: 'Background' }).catch(goneIsFine));
  return made;
}

const withToken = (secret: KubeObject, token: string): KubeObject => ({
  ...secret,
  stringData: { [accessTokenKey]: token },
});

// Only now is there a uid: they go with the schedule.
async function ownSecrets(client: KubeClient, owner: KubeObject, secrets: readonly KubeObject[]): Promise<void> {
  const { apiVersion, kind, metadata } = owner;
  const reference: OwnerReference = { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '' };
  for (const secret of secrets) {
    const key = { namespace: secret.metadata.namespace, name: secret.metadata.name };
    const body = { metadata: { ownerReferences: [reference] } };
    await client.mergePatch(resourceTypes.secrets, key, { body });
  }
}

function goneIsFine(error: unknown): void {
  if (!(error instanceof KubeError) || error.status !== 404) throw error;
}
