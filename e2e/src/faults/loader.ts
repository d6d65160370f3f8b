import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runClient } from '../harness/client-process.ts';

export interface Loaded {
  readonly exitCode: number | null;
  readonly log: string;
  /** What the loader got; undefined when it was never started. */
  readonly bytes: Buffer | undefined;
  /** Whether the loader saw a clean end of its input. */
  readonly sawEnd: boolean;
}

/** Restores with a loader that notes what it gets, and whether its input ended as it should. */
export async function load(environment: NodeJS.ProcessEnv, flags: readonly string[] = []): Promise<Loaded> {
  const output = path.join(os.tmpdir(), `backstay-loaded-${randomUUID()}`);
  const end = `${output}.end`;
  try {
    const { exitCode, log } = await runClient(
      ['restore', '-c', `cat > ${output}; echo > ${end}`, ...flags],
      environment,
    );
    const bytes = fs.existsSync(output) ? fs.readFileSync(output) : undefined;
    return { exitCode, log, bytes, sawEnd: fs.existsSync(end) };
  } finally {
    for (const file of [output, end]) fs.rmSync(file, { force: true });
  }
}
