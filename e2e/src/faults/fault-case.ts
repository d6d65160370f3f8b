import type { Random } from './random.ts';

export interface FaultRun {
  readonly random: Random;
  /** True: what lasts long is done as well, as the wait for a lease to end. How often is asked of `rounds`. */
  readonly long: boolean;
  /** How often to do something: `few` times by default, as often as a `release` needs, or a share of that. */
  rounds(few: number, release: number): number;
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
