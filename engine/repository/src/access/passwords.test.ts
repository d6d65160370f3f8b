import { expect, it } from 'vitest';
import { createPasswordVerifier, encodePassword } from './passwords.ts';
import { BusyError, createSlots } from './slots.ts';

const verifier = createPasswordVerifier();
const encode = (inner: string): string => Buffer.from(inner).toString('base64');
const known = '$argon2id$v=19$m=65536,t=1,p=4$znW/HOf8Ctdu+o5+mbTvDA==$ZfUiDivAevOdY6wJabAoAPvc5kXlzlC6H68V6tef5F4=';

it('accepts what the old server stored', async () => {
  expect(await verifier.verify('admin', encode(known))).toBe(true);
  expect(await verifier.verify('Admin', encode(known))).toBe(false);
});

it('writes what it accepts, in the stored form', async () => {
  const stored = await encodePassword('päss wörd');
  expect(Buffer.from(stored, 'base64').toString()).toMatch(
    /^\$argon2id\$v=19\$m=65536,t=1,p=4\$[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=$/,
  );
  expect(await verifier.verify('päss wörd', stored)).toBe(true);
  expect(await encodePassword('päss wörd')).not.toBe(stored);
});

it('refuses everything without a usable hash, also hashes that would take the machine down', async () => {
  const bad = [
    undefined,
    '',
    'x',
    encode('$a$b'),
    encode('$a$b$c$d'),
    encode(`${known}$x`),
    encode(known.replace('m=65536', 'm=99999999')),
    encode(known.replace('p=4', 'p=0')),
  ];
  for (const stored of bad) {
    expect(await verifier.verify('admin', stored)).toBe(false);
  }
  expect(await verifier.verify('x'.repeat(5000), encode(known))).toBe(false);
});

it('takes about as long without a hash as with one', async () => {
  const time = async (stored: string | undefined): Promise<number> => {
    const times: number[] = [];
    for (let round = 0; round < 7; round += 1) {
      const started = performance.now();
      await verifier.verify('guess', stored);
      times.push(performance.now() - started);
    }
    return times.sort((a, b) => a - b)[3] ?? 0;
  };
  const [withHash, without] = [await time(encode(known)), await time(undefined)];
  expect(without).toBeGreaterThan(withHash / 3);
});

it('lets a few run at once, some wait, and turns the rest away', async () => {
  const slots = createSlots({ running: 2, waiting: 1 });
  const gates = [0, 1, 2].map(() => Promise.withResolvers<void>());
  let most = 0;
  let running = 0;
  const jobs = gates.map((gate) =>
    slots.run(async () => {
      running += 1;
      most = Math.max(most, running);
      await gate.promise;
      running -= 1;
    }),
  );
  await expect(slots.run(() => Promise.resolve())).rejects.toBeInstanceOf(BusyError);
  for (const gate of gates) {
    gate.resolve();
  }
  await Promise.all(jobs);
  expect(most).toBe(2);
  expect(await slots.run(() => Promise.resolve('free again'))).toBe('free again');
});
