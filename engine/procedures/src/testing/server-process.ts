import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Database servers refuse to run as root, so there they run as the user `name` that their package made. */
export const serverUser = (name: string): { uid: number; gid: number } | undefined => {
  if (process.getuid?.() !== 0) return undefined;
  const entry = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((line) => line.startsWith(`${name}:`));
  const [, , uid, gid] = (entry ?? '').split(':');
  return { uid: Number(uid), gid: Number(gid) };
};

/** Asks again until `probe` works; rejects with its error after `milliseconds`. */
export const waitUntilReady = async (probe: () => Promise<unknown>, milliseconds: number): Promise<void> => {
  const deadline = performance.now() + milliseconds;
  for (;;) {
    try {
      await probe();
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await delay(50);
    }
  }
};
