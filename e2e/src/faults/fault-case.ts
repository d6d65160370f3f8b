import type { Random } from './random.ts';

export interface FaultRun {
  readonly random: Random;
  /** True: as many injections as a release needs. */
  readonly long: boolean;
  /** Notes a broken invariant; the run goes on. */
  broken(what: string): void;
  /** Counts one injection. */
  injected(): void;
}

/** One row of the fault matrix: injects, and checks the invariants after each injection. */
export interface FaultCase {
  readonly name: string;
  readonly explains: string;
  /** What this machine lacks for the case. Undefined: nothing. */
  missing?(): string | undefined;
  run(run: FaultRun): Promise<void>;
}
