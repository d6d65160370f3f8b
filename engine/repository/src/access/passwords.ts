import { randomBytes, timingSafeEqual } from 'node:crypto';
import { hashRaw } from '@node-rs/argon2';
import { createSlots, type Slots } from './slots.ts';

interface PasswordHash {
  readonly memoryCost: number;
  readonly timeCost: number;
  readonly parallelism: number;
  readonly salt: Buffer;
  readonly output: Buffer;
}

const created = { memoryCost: 65_536, timeCost: 1, parallelism: 4 };
/** A hash from a document must not be able to take the machine down. */
const bounds = { memoryCost: 1_048_576, timeCost: 64, parallelism: 64, outputBytes: 512, saltBytes: 512 };
const maxPasswordBytes = 4096;
// The type package declares its values for the compiler only.
const argon2id = 2;

const between = (value: number, low: number, high: number): boolean =>
  Number.isInteger(value) && value >= low && value <= high;

/** Reads what `encodePassword` or the old server wrote. Undefined: it is no such hash, or one beyond all bounds. */
const parseHash = (stored: string): PasswordHash | undefined => {
  const parts = Buffer.from(stored.trim(), 'base64').toString('latin1').split('$');
  const parameters = /^m=(\d{1,8}),t=(\d{1,8}),p=(\d{1,8})$/.exec(parts[3] ?? '');
  if (parts.length !== 6 || parameters === null) {
    return undefined;
  }
  const [memoryCost = 0, timeCost = 0, parallelism = 0] = parameters.slice(1).map(Number);
  const salt = Buffer.from(parts[4] ?? '', 'base64');
  const output = Buffer.from(parts[5] ?? '', 'base64');
  const usable =
    between(memoryCost, 8 * parallelism, bounds.memoryCost) &&
    between(timeCost, 1, bounds.timeCost) &&
    between(parallelism, 1, bounds.parallelism) &&
    between(output.length, 4, bounds.outputBytes) &&
    between(salt.length, 8, bounds.saltBytes);
  return usable ? { memoryCost, timeCost, parallelism, salt, output } : undefined;
};

const compute = (password: string, hash: Omit<PasswordHash, 'output'>, outputLen: number): Promise<Buffer> => {
  const { memoryCost, timeCost, parallelism, salt } = hash;
  return hashRaw(password, { algorithm: argon2id, memoryCost, timeCost, parallelism, salt, outputLen });
};

/** Argon2id in the stored form that documents and Secrets hold: base64 of the PHC-like text. */
export const encodePassword = async (plain: string): Promise<string> => {
  const salt = randomBytes(16);
  const output = await compute(plain, { ...created, salt }, 32);
  const { memoryCost, timeCost, parallelism } = created;
  const inner = `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$${salt.toString('base64')}$${output.toString('base64')}`;
  return Buffer.from(inner).toString('base64');
};

const dummy: PasswordHash = { ...created, salt: Buffer.alloc(16, 1), output: Buffer.alloc(32) };

export interface PasswordVerifier {
  /** Takes as long without a usable hash as with one. Rejects with BusyError when too many wait. */
  verify(plain: string, stored: string | undefined): Promise<boolean>;
}

/** Each verification takes about 64 MiB for its time, so only a few run at once. */
export const createPasswordVerifier = (slots: Slots = createSlots({ running: 2, waiting: 64 })): PasswordVerifier => ({
  verify: (plain, stored) =>
    slots.run(async () => {
      const hash = stored === undefined ? undefined : parseHash(stored);
      const usable = Buffer.byteLength(plain) <= maxPasswordBytes;
      const expected = hash ?? dummy;
      const output = await compute(usable ? plain : '', expected, expected.output.length);
      return timingSafeEqual(output, expected.output) && hash !== undefined && usable;
    }),
});
