import type { Clock } from '../clock.ts';
import type { ConfigurationProvider } from '../configuration/configuration-provider.ts';
import type { UserDocument } from '../configuration/documents.ts';
import type { AccessKeyStore } from '../metadata/access-keys.ts';
import type { GrantedAccess, SessionStore } from '../metadata/sessions.ts';
import { type AccessKeyUse, hasExpired } from './access-key-use.ts';
import type { Actor } from './decision.ts';
import { createAddressSet } from './ip-rules.ts';
import { decodeScope } from './operations-scope.ts';
import { countingSecrets, fingerprintOf, storedHash } from './secrets.ts';
import { sha256Hex, type TokenClaims, TokenError, type TokenService } from './tokens.ts';

/** A verified token and the record of its issue. */
export interface Session {
  readonly id: string;
  readonly claims: TokenClaims;
  readonly granted: GrantedAccess;
  readonly expired: boolean;
}

export interface SessionServiceOptions {
  readonly tokens: TokenService;
  readonly sessions: SessionStore;
  readonly configuration: ConfigurationProvider;
  readonly accessKeys: AccessKeyStore;
  readonly noteUse: AccessKeyUse;
  readonly clock: Clock;
  /** Whether `restrictByIP` of users counts. */
  readonly enforceAddresses: boolean;
}

const refused = (): TokenError => new TokenError("you don't have permission to access this resource", 403);

/** True when the account may be used at all from the address. */
export const accountIsUsable = (user: UserDocument, address: string, enforceAddresses: boolean): boolean => {
  if (user.deactivated) {
    return false;
  }
  return !enforceAddresses || user.restrictByIP.length === 0 || createAddressSet(user.restrictByIP).has(address);
};

export interface SessionService {
  /**
   * Verifies an `Authorization` header. Throws TokenError with the status and the words for the client. With
   * `acceptExpired` an expired session passes and is marked so.
   */
  authenticate(authorization: string | undefined, options?: { acceptExpired?: boolean }): Promise<Session>;
  /** The rights of the session at this moment. Throws TokenError when the user, the access key or the secret is gone. */
  actorOf(session: Session, address: string): Promise<Actor>;
}

export const createSessionService = (options: SessionServiceOptions): SessionService => {
  const { tokens, sessions, configuration, clock } = options;

  const findGranted = async (id: string, whenAway: 'refuse' | 'fail'): Promise<GrantedAccess> => {
    const granted = await sessions.find(id).catch((error: unknown) => {
      if (whenAway === 'fail') {
        throw error;
      }
      return undefined;
    });
    if (granted === undefined || granted.deactivated) {
      throw refused();
    }
    return granted;
  };

  /** The access key must not have expired, and the secret that the session was given for must still count. */
  const checkSecret = async (user: UserDocument, session: Session): Promise<void> => {
    const { accessKeyName } = session.claims;
    const { secretFingerprint } = session.granted;
    const record = accessKeyName === '' ? undefined : await options.accessKeys.find(user.name, accessKeyName);
    if (hasExpired(record, clock.now())) {
      throw refused();
    }
    if (secretFingerprint === undefined) {
      return;
    }
    const hash = await storedHash(configuration, user, accessKeyName);
    const counting = hash === undefined ? [] : countingSecrets(hash, record, clock.now());
    if (!counting.some((secret) => fingerprintOf(secret.hash) === secretFingerprint)) {
      throw refused();
    }
  };

  return {
    authenticate: async (authorization, { acceptExpired = false } = {}) => {
      const token = authorization?.startsWith('Bearer ') ? authorization.slice('Bearer '.length) : '';
      if (token === '') {
        throw new TokenError('cookie token is empty');
      }
      const claims = await tokens.verify(token);
      if (claims.exp === undefined) {
        throw new TokenError('missing exp field', 400);
      }
      const now = clock.now();
      const expired = claims.exp * 1000 <= now.getTime();
      if (expired && !acceptExpired) {
        throw new TokenError('Token is expired');
      }
      const id = sha256Hex(token);
      // Old clients know the refusal; the ones that can go on with an upload have to learn that it is worth trying again.
      const granted = await findGranted(id, acceptExpired ? 'fail' : 'refuse');
      if (!acceptExpired && granted.expiresAt !== undefined && granted.expiresAt <= now) {
        throw refused();
      }
      return { id, claims, granted, expired };
    },
    actorOf: async (session, address) => {
      const { login, accessKeyName, operationsScope } = session.claims;
      const user = await configuration.user(login);
      if (user === undefined || !accountIsUsable(user, address, options.enforceAddresses)) {
        throw refused();
      }
      const keys = user.accessKeys.filter((key) => key.name === accessKeyName);
      if (accessKeyName !== '' && keys.length === 0) {
        throw refused();
      }
      await checkSecret(user, session);
      if (accessKeyName !== '') {
        options.noteUse(login, accessKeyName, address);
      }
      try {
        return {
          user,
          accessKey:
            accessKeyName === '' ? undefined : { name: accessKeyName, objects: keys.flatMap((key) => key.objects) },
          scope: decodeScope(operationsScope),
          sessionId: session.id,
        };
      } catch {
        throw refused();
      }
    },
  };
};
