import type { CodeChange } from './changed-program.ts';

/** A place where the server kills itself when it is started with {@link dyingAt} of that name. */
export interface DeathPoint {
  readonly name: string;
  readonly file: string;
  /** The server dies right before this. Must stand in the file exactly once. */
  readonly before: string;
}

const variable = 'BACKSTAY_DIE_AT';

export const dyingAt = ({ name }: DeathPoint): NodeJS.ProcessEnv => ({ [variable]: name });

export const withDeath = ({ name, file, before }: DeathPoint): CodeChange => ({
  file,
  code: before,
  instead: `if (globalThis.process.env.${variable} === ${JSON.stringify(name)}) globalThis.process.kill(globalThis.process.pid, 'SIGKILL');\n${before}`,
});
