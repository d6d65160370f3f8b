import { createHash, randomBytes } from 'node:crypto';

/** 192 random bits in URL-safe text. */
export const randomToken = (): string => randomBytes(24).toString('base64url');

/** Tokens are kept as hashes only: whoever reads the database cannot use them. */
export const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex');
