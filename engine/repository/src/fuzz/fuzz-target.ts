import fc from 'fast-check';
import { readCorpus } from './corpus.ts';

/** Rows of the fault matrix, and `FUZZ` for parsers that no row names. */
export const fuzzFamilies = ['T33', 'T34', 'T35', 'T41', 'FUZZ'] as const;
export type FuzzFamily = (typeof fuzzFamilies)[number];

export interface FuzzOutcome {
  /** Inputs that were tried, those of the corpus included. */
  readonly cases: number;
  /** Words about the smallest input found, and the input as JSON for the corpus. Undefined: nothing is broken. */
  readonly broken: string | undefined;
}

export interface FuzzTarget {
  readonly name: string;
  readonly family: FuzzFamily;
  /** Its part of all cases of the family, in comparison with the others. Default: 1. */
  readonly weight: number;
  run(options: { seed: number; runs: number }): Promise<FuzzOutcome>;
}

interface Definition<T> {
  readonly name: string;
  readonly family: FuzzFamily;
  readonly weight?: number;
  /** Must be JSON, so that what is found can be kept. */
  readonly inputs: fc.Arbitrary<T>;
}

/** Longest time for one input, in milliseconds: of the processor, since a busy machine is no hang, and of the clock. */
const maxWorkTime = 1000;
const maxWaitTime = 15_000;

const startTimer = (): (() => void) => {
  const [work, started] = [process.cpuUsage(), performance.now()];
  return () => {
    const { user, system } = process.cpuUsage(work);
    const [worked, waited] = [(user + system) / 1000, performance.now() - started];
    if (worked > maxWorkTime || waited > maxWaitTime) {
      throw new Error(`it took ${Math.round(waited)} ms, ${Math.round(worked)} of them on the processor`);
    }
  };
};

const outcomeOf = <T>(details: fc.RunDetails<[T]>): FuzzOutcome => {
  const { failed, numRuns, counterexample, errorInstance, seed, counterexamplePath } = details;
  if (!failed) {
    return { cases: numRuns, broken: undefined };
  }
  const cause = errorInstance instanceof Error ? (errorInstance.stack ?? errorInstance.message) : String(errorInstance);
  const input = JSON.stringify(counterexample?.[0]);
  return { cases: numRuns, broken: `input ${input} (seed ${seed}, path ${counterexamplePath}): ${cause}` };
};

const parametersOf = <T>(name: string, { seed, runs }: { seed: number; runs: number }): fc.Parameters<[T]> => {
  const examples = readCorpus(name) as T[];
  return { seed, numRuns: runs + examples.length, examples: examples.map((input): [T] => [input]) };
};

/** A target that tries inputs one by one. `check` throws when something is broken. */
export const syncTarget = <T>(definition: Definition<T> & { check(input: T): void }): FuzzTarget => ({
  name: definition.name,
  family: definition.family,
  weight: definition.weight ?? 1,
  run: async (options) => {
    const property = fc.property(definition.inputs, (input) => {
      const mustBeQuick = startTimer();
      definition.check(input);
      mustBeQuick();
    });
    return outcomeOf(fc.check(property, parametersOf<T>(definition.name, options)));
  },
});

export interface Opened<T> {
  check(input: T): Promise<void>;
  /** Rejects when the whole was harmed. */
  close(): Promise<void>;
}

/** The same for something that has to be opened first and closed afterwards. */
export const asyncTarget = <T>(definition: Definition<T> & { open(): Promise<Opened<T>> }): FuzzTarget => ({
  name: definition.name,
  family: definition.family,
  weight: definition.weight ?? 1,
  run: async (options) => {
    const opened = await definition.open();
    const property = fc.asyncProperty(definition.inputs, async (input) => {
      const mustBeQuick = startTimer();
      await opened.check(input);
      mustBeQuick();
    });
    const outcome = outcomeOf(await fc.check(property, parametersOf<T>(definition.name, options)));
    try {
      await opened.close();
      return outcome;
    } catch (error) {
      return { cases: outcome.cases, broken: outcome.broken ?? `afterwards: ${String(error)}` };
    }
  },
});

/** What `check` throws: says what was expected. */
export const must = (holds: boolean, what: string): void => {
  if (!holds) {
    throw new Error(what);
  }
};
