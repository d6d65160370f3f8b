/** Symmetric algorithms of RFC 4880 that node:crypto has, by the name that openpgp.js gives them. */
export interface SymmetricCipher {
  /** Name of the CFB mode in node:crypto. */
  readonly cfb: string;
  /** Name of the ECB mode, for ciphers whose CFB is deciphered block-parallel. */
  readonly ecb?: string;
  readonly blockSize: number;
}

const known: Readonly<Record<string, SymmetricCipher>> = {
  aes128: { cfb: 'aes-128-cfb', ecb: 'aes-128-ecb', blockSize: 16 },
  aes192: { cfb: 'aes-192-cfb', ecb: 'aes-192-ecb', blockSize: 16 },
  aes256: { cfb: 'aes-256-cfb', ecb: 'aes-256-ecb', blockSize: 16 },
  tripledes: { cfb: 'des-ede3-cfb', blockSize: 8 },
};

export const symmetricCipher = (name: string): SymmetricCipher | undefined =>
  Object.hasOwn(known, name) ? known[name] : undefined;
