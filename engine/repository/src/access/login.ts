import type { Clock } from '../clock.ts';
import type { ConfigurationProvider } from '../configuration/configuration-provider.ts';
import type { UserDocument } from '../configuration/documents.ts';
import type { PasswordVerifier } from './passwords.ts';
import { createRateLimiter } from './rate-limit.ts';
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

export type LoginResult = 'accepted' | 'refused' | 'too-many';

export interface LoginService {
  /** Never says why it refused. Each account gets a few wrong guesses a minute; then none is looked at. */
  login(username: string, password: string, address: string): Promise<LoginResult>;
}

export interface LoginServiceOptions {
  readonly configuration: ConfigurationProvider;
  readonly passwords: PasswordVerifier;
  readonly clock: Clock;
  readonly enforceAddresses: boolean;
  readonly onProblem: (error: unknown) => void;
}

const guessesPerMinute = 10;
const maxKnownPairs = 10_000;

/** Users prefer the reference, access keys the inline hash; existing documents depend on both. */
const storedHash = async (
  configuration: ConfigurationProvider,
  user: UserDocument,
  accessKey: string,
): Promise<string | undefined> => {
  const fromSecret = (ref: { name: string; entry: string } | undefined) =>
    ref === undefined ? undefined : configuration.secretEntry(ref.name, ref.entry);
  if (accessKey === '') {
    return user.passwordFromRef === undefined ? user.password : await fromSecret(user.passwordFromRef);
  }
  const key = user.accessKeys.find((candidate) => candidate.name === accessKey);
  return key?.password || (await fromSecret(key?.passwordFromRef));
};

/** Addresses that logged in before are counted on their own, so that guessing elsewhere does not lock the owner out. */
const createGuessLimiter = (clock: Clock) => {
  const limiter = createRateLimiter(guessesPerMinute, 60_000, clock);
  const known = new Set<string>();
  const pair = (username: string, address: string) => `${username}\n${address}`;
  const keyOf = (username: string, address: string) =>
    known.has(pair(username, address)) ? pair(username, address) : username;
  return {
    /** Taken before the guess is looked at, so that parallel ones count as well. */
    take: (username: string, address: string): boolean => limiter.take(keyOf(username, address))?.allowed ?? true,
    succeeded: (username: string, address: string): void => {
      limiter.giveBack(keyOf(username, address));
      const [oldest] = known;
      if (known.size >= maxKnownPairs && oldest !== undefined) {
        known.delete(oldest);
      }
      known.add(pair(username, address));
    },
  };
};

export const createLoginService = (options: LoginServiceOptions): LoginService => {
  const { configuration, passwords, enforceAddresses, onProblem } = options;
  const guesses = createGuessLimiter(options.clock);

  const usableHash = async (identity: LoginIdentity, address: string): Promise<string | undefined> => {
    try {
      const user = await configuration.user(identity.user);
      const usable = user !== undefined && accountIsUsable(user, address, enforceAddresses);
      return usable ? await storedHash(configuration, user, identity.accessKey) : undefined;
    } catch (error) {
      onProblem(error);
      return undefined;
    }
  };

  return {
    login: async (username, password, address) => {
      if (!guesses.take(username, address)) {
        return 'too-many';
      }
      const hash = await usableHash(parseLogin(username), address);
      const accepted = await passwords.verify(password, hash);
      if (accepted) {
        guesses.succeeded(username, address);
      }
      return accepted ? 'accepted' : 'refused';
    },
  };
};
