import { createHash, randomBytes } from 'node:crypto';
import { CompactSign, compactVerify, errors } from 'jose';
import { z } from 'zod';
import { encodeScope, type OperationsScope } from './operations-scope.ts';

export const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex');

const claimsSchema = z.object({
  accessKeyName: z.string().default(''),
  exp: z.number().optional(),
  login: z.string(),
  operationsScope: z.string(),
  orig_iat: z.number().default(0),
});
export type TokenClaims = z.infer<typeof claimsSchema>;

/** Why a token was not accepted, in the words that clients know. */
export class TokenError extends Error {
  readonly status: 400 | 401 | 403;

  constructor(message: string, status: 400 | 401 | 403 = 401) {
    super(message);
    this.name = 'TokenError';
    this.status = status;
  }
}

export interface NewToken {
  readonly login: string;
  readonly accessKeyName: string;
  readonly scope: OperationsScope | undefined;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

export interface TokenService {
  issue(token: NewToken): Promise<string>;
  /** Checks the signature only; what the claims are worth is for the caller. Throws TokenError. */
  verify(token: string): Promise<TokenClaims>;
}

const seconds = (time: Date): number => Math.floor(time.getTime() / 1000);

const readClaims = (payload: Uint8Array): TokenClaims => {
  try {
    return claimsSchema.parse(JSON.parse(Buffer.from(payload).toString('utf8')));
  } catch {
    throw new TokenError('token claims cannot be read');
  }
};

const toTokenError = (error: unknown): TokenError => {
  if (error instanceof TokenError) {
    return error;
  }
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return new TokenError('invalid signing algorithm');
  }
  return new TokenError(
    error instanceof errors.JWSSignatureVerificationFailed ? 'signature is invalid' : 'token cannot be decoded',
  );
};

/** HS256 tokens. `key` must not be empty. */
export const createTokenService = (key: string): TokenService => {
  if (key === '') {
    throw new Error('The JWT key must not be empty');
  }
  const secret = new TextEncoder().encode(key);
  return {
    issue: (token) => {
      const claims = {
        accessKeyName: token.accessKeyName,
        exp: seconds(token.expiresAt),
        login: token.login,
        operationsScope: encodeScope(token.scope),
        orig_iat: seconds(token.issuedAt),
        rand: randomBytes(16).toString('hex'),
      };
      return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
        .sign(secret);
    },
    verify: async (token) => {
      if (token.split('.').length !== 3) {
        throw new TokenError('token contains an invalid number of segments');
      }
      try {
        const { payload } = await compactVerify(token, secret, { algorithms: ['HS256'] });
        return readClaims(payload);
      } catch (error) {
        throw toTokenError(error);
      }
    },
  };
};
