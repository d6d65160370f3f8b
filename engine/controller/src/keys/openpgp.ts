/** Armoured halves of an OpenPGP key pair. */
export interface ArmouredPair {
  privateKey: string;
  publicKey: string;
}

/** Loaded when a key is needed: most reconciles need none. */
const load = () => import('openpgp');

/**
 * A new key pair without a passphrase and without expiry: Ed25519 for signing and Curve25519 for encryption in their older
 * encoding, which GnuPG 2.2 can read. The mail address is the name as well, as existing tools expect.
 */
export const generateKeyPair = async (email: string): Promise<ArmouredPair> => {
  const { generateKey } = await load();
  const { privateKey, publicKey } = await generateKey({
    type: 'ecc',
    curve: 'curve25519Legacy',
    userIDs: [{ name: email, email }],
    format: 'armored',
    config: { v6Keys: false, aeadProtect: false },
  });
  return { privateKey, publicKey };
};

/** Throws when the text is no private key. The key stays locked: no passphrase is needed. */
export const derivePublicKey = async (armouredPrivateKey: string): Promise<string> => {
  const { readPrivateKey } = await load();
  const key = await readPrivateKey({ armoredKey: armouredPrivateKey });
  return key.toPublic().armor();
};
