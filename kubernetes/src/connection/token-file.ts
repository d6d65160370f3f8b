import { readFile } from 'node:fs/promises';

const rereadAfterMs = 60_000;

/** Reads a token that somebody else renews on disk, at most once a minute. */
export const tokenFile = (path: string, now: () => number = Date.now): (() => Promise<string>) => {
  let token = '';
  let readAt = Number.NEGATIVE_INFINITY;
  return async () => {
    if (now() - readAt >= rereadAfterMs) {
      token = (await readFile(path, 'utf8')).trim();
      readAt = now();
    }
    return token;
  };
};
