import { annotations, labels, type ScheduledBackup, type Secret } from '@backstay/shared';
import { ReconcileProblem } from '../plan/condition.ts';
import { type ArmouredPair, derivePublicKey, generateKeyPair } from './openpgp.ts';

export interface KeyNames {
  publicKey: string;
  privateKey: string;
  passphrase: string;
}

export interface KeyMaterial {
  publicKey: string;
  /** Empty when it is kept elsewhere. */
  privateKey: string;
  passphrase: string;
}

/** Makes key pairs; a test may bring its own. */
export interface KeyMaker {
  generate(email: string): Promise<ArmouredPair>;
  derive(privateKey: string): Promise<string>;
}

export const openpgpKeyMaker: KeyMaker = { generate: generateKeyPair, derive: derivePublicKey };

/** Throws a ReconcileProblem when both halves would be one entry: a backup Job would hold the private key. */
export const keyNames = ({ gpgKeySecretRef: ref }: ScheduledBackup['spec']): KeyNames => {
  const publicKey = ref.publicKey || 'key.pub';
  const privateKey = ref.privateKey || 'key';
  if (publicKey === privateKey) {
    const message = `gpgKeySecretRef names the entry "${publicKey}" for both halves of the key: name one for each.`;
    throw new ReconcileProblem('InvalidDefinition', message, { retry: false });
  }
  return { publicKey, privateKey, passphrase: ref.passphraseKey || 'passphrase' };
};

export const decode = (value: string | undefined): string =>
  value === undefined ? '' : Buffer.from(value, 'base64').toString('utf8');
const encode = (value: string): string => Buffer.from(value, 'utf8').toString('base64');

const derive = async (maker: KeyMaker, privateKey: string, secretName: string): Promise<string> => {
  try {
    return await maker.derive(privateKey);
  } catch (cause) {
    throw new ReconcileProblem(
      'InvalidKey',
      `Secret "${secretName}" lacks the public key, and its private key cannot be read as an armoured OpenPGP key. Put the public key into the Secret.`,
      { cause },
    );
  }
};

/**
 * Entries to add to the key Secret, already in base64; empty when it is complete. Never a private key where one exists, and
 * none beside a public key whose private half is kept elsewhere: that would lock out its backups.
 */
export const missingEntries = async (
  { spec }: ScheduledBackup,
  existing: Record<string, string>,
  maker: KeyMaker,
): Promise<Record<string, string>> => {
  const { email, secretName } = spec.gpgKeySecretRef;
  const names = keyNames(spec);
  const privateKey = decode(existing[names.privateKey]);
  if (decode(existing[names.publicKey]) !== '') {
    return {};
  }
  const extras = {
    ...(names.passphrase in existing ? {} : { [names.passphrase]: '' }),
    ...('e-mail.txt' in existing ? {} : { 'e-mail.txt': encode(email) }),
  };
  if (privateKey !== '') {
    return { ...extras, [names.publicKey]: encode(await derive(maker, privateKey, secretName)) };
  }
  const pair = await maker.generate(email);
  return { ...extras, [names.publicKey]: encode(pair.publicKey), [names.privateKey]: encode(pair.privateKey) };
};

/** A new key Secret. It has no owner: deleting a schedule must not delete the key of its backups. */
export const newKeySecret = (scheduledBackup: ScheduledBackup, data: Record<string, string>): Secret => {
  const { email, secretName } = scheduledBackup.spec.gpgKeySecretRef;
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: secretName,
      namespace: scheduledBackup.metadata.namespace,
      labels: { [labels.type]: 'GPGSecret' },
      annotations: { [annotations.email]: email },
    },
    data,
  };
};

/** Reads the pair out of a Secret; a missing public half is derived in memory. */
export const keyMaterial = async (
  { spec }: ScheduledBackup,
  data: Record<string, string>,
  maker: KeyMaker,
): Promise<KeyMaterial> => {
  const names = keyNames(spec);
  const { secretName } = spec.gpgKeySecretRef;
  const privateKey = decode(data[names.privateKey]);
  const passphrase = decode(data[names.passphrase]);
  const publicKey = decode(data[names.publicKey]);
  if (publicKey === '' && privateKey === '') {
    throw new ReconcileProblem(
      'DependencyMissing',
      `Secret "${secretName}" holds neither "${names.publicKey}" nor "${names.privateKey}" (gpgKeySecretRef). Add the keys, or set createIfNotExists.`,
    );
  }
  return { privateKey, passphrase, publicKey: publicKey || (await derive(maker, privateKey, secretName)) };
};
