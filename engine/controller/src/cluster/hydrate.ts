import type { KubeClient } from '@backstay/kubernetes';
import {
  type ClusterBackupProcedureTemplate,
  createKeyedMutex,
  type KeyedMutex,
  resourceTypes,
  type ScheduledBackup,
  type Secret,
} from '@backstay/shared';
import {
  decode,
  type KeyMaker,
  type KeyMaterial,
  keyMaterial,
  missingEntries,
  newKeySecret,
} from '../keys/key-secret.ts';
import { ReconcileProblem } from '../plan/condition.ts';
import type { ControllerCaches } from './controller-caches.ts';
import { isConflict, isNotFound } from './errors.ts';
import { createSecretReader, type SecretReader } from './secret-reader.ts';
import { dataDigest } from './summaries.ts';

/** Everything outside a ScheduledBackup that its children are made of. Holds secret values: never log or keep it. */
export interface Inputs {
  /** A built-in procedure's name, or the template. */
  template: string | ClusterBackupProcedureTemplate;
  keys: KeyMaterial;
  token: string | undefined;
  varsSecret: Record<string, string> | undefined;
  /** Secret name -> digest of what was read. */
  digests: Map<string, string>;
}

export type KeyChange = 'created' | 'completed' | undefined;

const maxAttempts = 5;

export interface Hydrator {
  /** Reads the inputs in the order of the spec; the first that is missing is a ReconcileProblem. */
  read(scheduledBackup: ScheduledBackup): Promise<Inputs>;
  /** Generates or completes the key Secret where the spec asks for it. Tells what it did, if anything. */
  ensureKeys(scheduledBackup: ScheduledBackup): Promise<KeyChange>;
}

const missing = (message: string): ReconcileProblem => new ReconcileProblem('DependencyMissing', message);

export const secretNames = ({ spec }: ScheduledBackup): string[] =>
  [spec.gpgKeySecretRef.secretName, spec.tokenSecretRef.secretName, spec.varsSecretRef.secretName ?? ''].filter(
    (name) => name !== '',
  );

/** One reconcile reads a Secret once, also when several references name it. */
const createRoleReader = ({ read }: SecretReader, namespace: string | undefined) => {
  const digests = new Map<string, string>();
  return {
    digests,
    read: async (name: string, role: string): Promise<Secret> => {
      if (name === '') {
        throw missing(`${role}.secretName is empty.`);
      }
      try {
        const secret = await read({ namespace, name });
        digests.set(name, dataDigest(secret.data));
        return secret;
      } catch (error) {
        throw isNotFound(error) ? missing(`Secret "${name}" (${role}) does not exist.`) : error;
      }
    },
  };
};

const decodeAll = (data: Record<string, string> = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(data).map(([key, value]) => [key, decode(value)]));

export interface HydratorOptions {
  client: KubeClient;
  caches: ControllerCaches;
  keyMaker: KeyMaker;
}

export const createHydrator = (options: HydratorOptions): Hydrator => {
  const { caches, keyMaker } = options;
  const readSecret = createSecretReader(options);
  const keySecrets = createKeyedMutex();
  const templateOf = ({ spec }: ScheduledBackup): Inputs['template'] => {
    const { kind, name } = spec.templateRef;
    if (kind === 'internal') {
      return name;
    }
    const template = caches.templates.get(undefined, name);
    if (template === undefined) {
      throw missing(`ClusterBackupProcedureTemplate "${name}" (templateRef) does not exist.`);
    }
    return template;
  };
  return {
    read: async (scheduledBackup) => {
      const { spec, metadata } = scheduledBackup;
      const secrets = createRoleReader(readSecret, metadata.namespace);
      const keySecret = await secrets.read(spec.gpgKeySecretRef.secretName, 'gpgKeySecretRef');
      const keys = await keyMaterial(scheduledBackup, keySecret.data ?? {}, keyMaker);
      const template = templateOf(scheduledBackup);
      const tokenSecret = await secrets.read(spec.tokenSecretRef.secretName, 'tokenSecretRef');
      const varsName = spec.varsSecretRef.secretName;
      const varsSecret = varsName ? await secrets.read(varsName, 'varsSecretRef') : undefined;
      return {
        template,
        keys,
        token: decode(tokenSecret.data?.[spec.tokenSecretRef.tokenKey]) || undefined,
        varsSecret: varsSecret && decodeAll(varsSecret.data),
        digests: secrets.digests,
      };
    },
    ensureKeys: (scheduledBackup) => ensureKeys({ ...options, readSecret, keySecrets }, scheduledBackup),
  };
};

interface KeyWork extends HydratorOptions {
  readSecret: SecretReader;
  keySecrets: KeyedMutex;
}

/**
 * Tries again when somebody else wrote the Secret meanwhile: it may be complete now. Schedules that share one take turns, or
 * each would make a key pair, all but one for nothing.
 */
const ensureKeys = async (options: KeyWork, scheduledBackup: ScheduledBackup): Promise<KeyChange> => {
  const { secretName: name, createIfNotExists } = scheduledBackup.spec.gpgKeySecretRef;
  if (!createIfNotExists || name === '') {
    return undefined;
  }
  for (let attempt = 1; ; attempt += 1) {
    try {
      // What was read a moment ago may be what the conflict was about.
      const work = () => writeKeys(options, scheduledBackup, attempt > 1);
      return await options.keySecrets.run(`${scheduledBackup.metadata.namespace}/${name}`, work);
    } catch (error) {
      if (!isConflict(error) || attempt === maxAttempts) {
        throw error;
      }
    }
  }
};

/** Rejects with a conflict when the Secret is not as it was looked at, so that no key is ever written over another. */
const writeKeys = async (
  { client, keyMaker, readSecret }: KeyWork,
  scheduledBackup: ScheduledBackup,
  fresh: boolean,
): Promise<KeyChange> => {
  const { namespace } = scheduledBackup.metadata;
  const name = scheduledBackup.spec.gpgKeySecretRef.secretName;
  const existing = await getOrUndefined(readSecret, { namespace, name, fresh });
  const data = await missingEntries(scheduledBackup, existing?.data ?? {}, keyMaker);
  if (existing === undefined) {
    await client.create(resourceTypes.secrets, newKeySecret(scheduledBackup, data));
    return 'created';
  }
  if (Object.keys(data).length === 0) {
    return undefined;
  }
  const body = { metadata: { resourceVersion: existing.metadata.resourceVersion }, data };
  try {
    await client.mergePatch(resourceTypes.secrets, { namespace, name }, { body });
  } finally {
    readSecret.forget({ namespace, name });
  }
  return 'completed';
};

const getOrUndefined = async ({ read }: SecretReader, key: Parameters<SecretReader['read']>[0]) => {
  try {
    return await read(key);
  } catch (error) {
    if (isNotFound(error)) {
      return undefined;
    }
    throw error;
  }
};
