import type { Clock } from '../clock.ts';
import type { ConfigurationProvider } from '../configuration/configuration-provider.ts';
import type { AccessKeyStore } from '../metadata/access-keys.ts';
import type { AccessKeyUse } from './access-key-use.ts';
import type { PasswordVerifier } from './passwords.ts';
import { createRateLimiter } from './rate-limit.ts';
import { countingSecrets, fingerprintOf, type Secret, storedHash } from './secrets.ts';
import { accountIsUsable } from './session.ts';

export interface LoginIdentity {
  readonly user: string;
  /** Empty: the main password counts. */
  readonly accessKey: string;
}

/** `user` or `user$accessKey`, split at the last `$`. */
export const parseLogin = (username: string): LoginIdentity => {
  const at = username.lastIndexOf('$');
  return at === -1
    ? { user: username, accessKey: '' }
    : { user: username.slice(0, at), accessKey: username.slice(at + 1) };
};

export interface LoginResult {
  readonly outcome: 'accepted' | 'refused' | 'too-many';
  /** Whether the user exists: for the audit log, never for the client. */
  readonly known: boolean;
  /** The session must end by then: the secret that was given counts no longer. */
  readonly validUntil?: Date;
  /** Of the stored secret that was given. Only when accepted. */
  readonly secretFingerprint?: string;
}

export interface LoginService {
  /** Never says why it refused. Each account gets a few wrong guesses a minute; then none is looked at. */
  login(username: string, password: string, address: string): Promise<LoginResult>;
}

export interface LoginServiceOptions {
  readonly configuration: ConfigurationProvider;
  readonly accessKeys: AccessKeyStore;
  readonly noteUse: AccessKeyUse;
  readonly passwords: PasswordVerifier;
  readonly clock: Clock;
  readonly enforceAddresses: boolean;
  readonly onProblem: (error: unknown) => void;
}

const guessesPerMinute = 10;
const maxKnownPairs = 10_000;

/** Forgets the oldest when it is full. */
const createBoundedSet = (max: number): Pick<Set<string>, 'has' | 'add' | 'delete'> => {
  const members = new Set<string>();
  return {
    has: (member) => members.has(member),
    delete: (member) => members.delete(member),
    add: (member) => {
      const [oldest] = members;
      if (members.size >= max && oldest !== undefined) {
        members.delete(oldest);
      }
      return members.add(member);
    },
  };
};

/** Addresses that logged in before are counted on their own, so that guessing elsewhere does not lock the owner out. */
const createGuessLimiter = (clock: Clock) => {
  const limiter = createRateLimiter(guessesPerMinute, 60_000, clock);
  const known = createBoundedSet(maxKnownPairs);
  const pair = (username: string, address: string) => `${username}\n${address}`;
  const keyOf = (username: string, address: string) =>
    known.has(pair(username, address)) ? pair(username, address) : username;
  return {
    /** Taken before the guess is looked at, so that parallel ones count as well. */
    take: (username: string, address: string): boolean => limiter.take(keyOf(username, address))?.allowed ?? true,
    succeeded: (username: string, address: string): void => {
      limiter.giveBack(keyOf(username, address));
      known.add(pair(username, address));
    },
  };
};

export const createLoginService = (options: LoginServiceOptions): LoginService => {
  const { configuration, passwords, enforceAddresses, onProblem } = options;
  const guesses = createGuessLimiter(options.clock);
  const existing = createBoundedSet(maxKnownPairs);

  /** The hashes that count, the present one first. None: whatever is given is refused. */
  const secretsOf = async (identity: LoginIdentity, address: string): Promise<Secret[]> => {
    try {
      const user = await configuration.user(identity.user);
      if (user === undefined) {
        existing.delete(identity.user);
        return [];
      }
      existing.add(identity.user);
      if (!accountIsUsable(user, address, enforceAddresses)) {
        return [];
      }
      const hash = await storedHash(configuration, user, identity.accessKey);
      return hash === undefined ? [] : await withPrevious(identity, hash);
    } catch (error) {
      onProblem(error);
      return [];
    }
  };

  const withPrevious = async ({ user, accessKey }: LoginIdentity, hash: string): Promise<Secret[]> => {
    const record = accessKey === '' ? undefined : await options.accessKeys.find(user, accessKey);
    return countingSecrets(hash, record, options.clock.now());
  };

  /** One verification for everybody; a second one only while a rotated secret still counts. */
  const firstThatFits = async (secrets: readonly Secret[], password: string): Promise<Secret | undefined> => {
    const [present, previous] = secrets;
    if (await passwords.verify(password, present?.hash)) {
      return present;
    }
    return previous !== undefined && (await passwords.verify(password, previous.hash)) ? previous : undefined;
  };

  return {
    login: async (username, password, address) => {
      const identity = parseLogin(username);
      const known = () => existing.has(identity.user);
      if (!guesses.take(username, address)) {
        return { outcome: 'too-many', known: known() };
      }
      const secret = await firstThatFits(await secretsOf(identity, address), password);
      if (secret === undefined) {
        return { outcome: 'refused', known: known() };
      }
      guesses.succeeded(username, address);
      if (identity.accessKey !== '') {
        options.noteUse(identity.user, identity.accessKey, address);
      }
      const until = secret.until === undefined ? {} : { validUntil: secret.until };
      return { outcome: 'accepted', known: true, secretFingerprint: fingerprintOf(secret.hash), ...until };
    },
  };
};
