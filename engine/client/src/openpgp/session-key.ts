import {
  decryptSessionKeys,
  encryptSessionKey,
  enums,
  generateSessionKey,
  type PrivateKey,
  type PublicKey,
  readMessage,
} from 'openpgp';
import { CorruptMessage } from './bytes.ts';

export interface Session {
  /** AES-256. */
  readonly key: Uint8Array;
  /** One session key packet a recipient. */
  readonly packets: Buffer;
}

const wildcard = '0000000000000000';

/** Without AEAD, which gpg 2.2 cannot read. */
const writing = { preferredSymmetricAlgorithm: enums.symmetric.aes256, aeadProtect: false };

/** Keys of older programs may be read, though none like them would be made today. */
const reading = {
  minRSABits: 1024 as const,
  rejectPublicKeyAlgorithms: new Set<enums.publicKey>(),
  rejectCurves: new Set<enums.curve>(),
  allowInsecureDecryptionWithSigningKeys: true,
};

export const createSession = async (recipients: readonly PublicKey[]): Promise<Session> => {
  const encryptionKeys = [...recipients];
  const generated = await generateSessionKey({ encryptionKeys, config: writing });
  // Recipients that prefer a shorter key still can use AES-256: every program that made such a key knows it.
  const data = generated.algorithm === 'aes256' ? generated.data : crypto.getRandomValues(new Uint8Array(32));
  const packets = await encryptSessionKey({
    data,
    algorithm: 'aes256',
    encryptionKeys,
    format: 'binary',
    config: writing,
  });
  return { key: data, packets: Buffer.from(packets as Uint8Array) };
};

export interface OpenedSession {
  /** As openpgp.js names it; newer packets name it themselves. */
  readonly algorithm: string | undefined;
  readonly key: Uint8Array;
}

/** No private key fits the message. */
export class NoMatchingKey extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NoMatchingKey';
  }
}

/** @param packets the session key packets of a message, as they stand in it */
export const openSession = async (packets: Uint8Array, keys: readonly PrivateKey[]): Promise<OpenedSession> => {
  const message = await readMessage({ binaryMessage: packets }).catch((error: unknown) => {
    throw new CorruptMessage(`the message has session keys that cannot be read (${String(error)})`);
  });
  const wanted = message
    .getEncryptionKeyIDs()
    .map((id) => (id.toHex() === wildcard ? 'a hidden recipient' : `key ${id.toHex()}`));
  const opened = await decryptSessionKeys({ message, decryptionKeys: [...keys], config: reading }).catch(() => []);
  const [session] = opened;
  if (!session) throw new NoMatchingKey(`the version is encrypted for ${wanted.join(', ')}: no private key given fits`);
  return { algorithm: session.algorithm ?? undefined, key: session.data };
};
