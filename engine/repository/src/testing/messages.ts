import { createHash, randomBytes } from 'node:crypto';

/** Something that passes for an armoured OpenPGP message of about so many bytes. */
export const armoured = (bytes = 200): Buffer => {
  const body = randomBytes(Math.ceil((bytes * 3) / 4)).toString('base64');
  return Buffer.from(`-----BEGIN PGP MESSAGE-----\n\n${body}\n-----END PGP MESSAGE-----\n`);
};

/** Something that starts as a binary OpenPGP message: a session key packet for version 3. */
export const binaryMessage = (bytes = 200): Buffer =>
  Buffer.concat([Buffer.from([0x85, 0x01, 0x0c, 0x03]), randomBytes(Math.max(0, bytes - 4))]);

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
