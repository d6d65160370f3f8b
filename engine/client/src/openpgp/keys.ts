import { readFile } from 'node:fs/promises';
import { decryptKey, type Key, type PrivateKey, type PublicKey, readKeys } from 'openpgp';
import { Failure, messageOf } from '../failure.ts';

export interface KeyRequest {
  readonly path: string;
  /** E-mail addresses, key ids or fingerprints. Without any the file must leave no choice. */
  readonly recipients: readonly string[];
  readonly stage: 'encrypt' | 'decrypt';
}

const armorBlock = /-----BEGIN PGP (PUBLIC|PRIVATE) KEY BLOCK-----[\s\S]*?-----END PGP \1 KEY BLOCK-----/g;

/** A key that is too weak or too new for the reader must not hide the good ones beside it. */
const liberal = { minRSABits: 1024 as const, ignoreUnsupportedPackets: true };

const parseKeys = async (bytes: Buffer): Promise<Key[]> => {
  if (((bytes[0] ?? 0) & 0x80) !== 0) return await readKeys({ binaryKeys: new Uint8Array(bytes), config: liberal });
  const keys: Key[] = [];
  for (const [block] of bytes.toString('latin1').matchAll(armorBlock)) {
    keys.push(...(await readKeys({ armoredKeys: block, config: liberal })));
  }
  return keys;
};

const readKeyFile = async ({ path, stage }: KeyRequest): Promise<Key[]> => {
  const fail = (reason: string, cause?: unknown): never => {
    throw new Failure('key', `${path}: ${reason}`, { stage, cause });
  };
  const bytes = await readFile(path).catch((error: unknown) => fail(`cannot be read (${messageOf(error)})`, error));
  const keys = await parseKeys(bytes).catch((error: unknown) => fail('is not an OpenPGP key file', error));
  return keys.length > 0 ? keys : fail('holds no OpenPGP key');
};

const addressOf = (userId: string): string => (/<([^<>]*)>\s*$/.exec(userId)?.[1] ?? userId).trim().toLowerCase();

const idsOf = (key: Key): string[] =>
  key.getKeys().flatMap((part) => [part.getKeyID().toHex(), part.getFingerprint()].map((id) => id.toLowerCase()));

const hexId = /^(?:0x)?((?:[0-9a-f]{8}){1,8}|[0-9a-f]{40})!?$/i;

const isWanted = (key: Key, recipient: string): boolean => {
  const wanted = recipient.trim();
  const id = hexId.exec(wanted)?.[1]?.toLowerCase();
  if (id !== undefined && idsOf(key).some((known) => known.endsWith(id))) return true;
  const address = addressOf(wanted);
  return key.getUserIDs().some((userId) => userId === wanted || addressOf(userId) === address);
};

const describe = (keys: readonly Key[]): string =>
  keys.map((key) => key.getUserIDs()[0] ?? key.getKeyID().toHex()).join(', ');

const choose = (keys: readonly Key[], { path, recipients, stage }: KeyRequest): Key[] => {
  if (recipients.length === 0) {
    if (new Set(keys.map((key) => key.getFingerprint())).size === 1 || stage === 'decrypt') return [...keys];
    throw new Failure('key', `${path} holds several keys (${describe(keys)}): name one with --recipient`, { stage });
  }
  const chosen = recipients.flatMap((recipient) => {
    const fitting = keys.filter((key) => isWanted(key, recipient));
    if (fitting.length > 0) return fitting;
    throw new Failure('key', `${path} has no key for recipient ${recipient}; it has ${describe(keys)}`, { stage });
  });
  return chosen.filter(
    (key, index) => chosen.findIndex((one) => one.getFingerprint() === key.getFingerprint()) === index,
  );
};

const assertCanEncrypt = async (key: PublicKey, path: string): Promise<PublicKey> => {
  await key.getEncryptionKey().catch((error: unknown) => {
    throw new Failure('key', `${path}: ${describe([key])} cannot encrypt: ${messageOf(error)}`, { stage: 'encrypt' });
  });
  return key;
};

/** The keys to encrypt for. Throws a `key` failure before anything else happens. */
export const loadPublicKeys = async (request: KeyRequest): Promise<PublicKey[]> => {
  const keys = choose(await readKeyFile(request), request);
  return await Promise.all(keys.map((key) => assertCanEncrypt(key.toPublic(), request.path)));
};

const unlock = async (key: PrivateKey, passphrase: string): Promise<PrivateKey> => {
  if (key.isDecrypted()) return key;
  return await decryptKey({ privateKey: key, passphrase });
};

const passphraseFailure = (path: string, passphrase: string): Failure => {
  const reason =
    passphrase === '' ? 'needs a passphrase, and none was given' : 'cannot be unlocked with this passphrase';
  return new Failure('passphrase', `the private key in ${path} ${reason}`, { stage: 'decrypt' });
};

/** The private keys, unlocked. Throws a `key` or `passphrase` failure before anything else happens. */
export const loadPrivateKeys = async (request: KeyRequest, passphrase: string): Promise<PrivateKey[]> => {
  const keys = choose(await readKeyFile(request), request);
  const privateKeys = keys.filter((key): key is PrivateKey => key.isPrivate());
  if (privateKeys.length === 0) {
    throw new Failure('key', `${request.path} holds public keys only: a private key is needed`, { stage: 'decrypt' });
  }
  const unlocked = await Promise.allSettled(privateKeys.map((key) => unlock(key, passphrase)));
  const usable = unlocked.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  if (usable.length === 0) throw passphraseFailure(request.path, passphrase);
  return usable;
};
