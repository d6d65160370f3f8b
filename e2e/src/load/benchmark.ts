import type { MeasuredOptions } from './options.ts';

/** What has to hold: of the value itself, or of its ratio to the peer. */
export interface Goal {
  readonly of: 'value' | 'ratio';
  readonly at: 'most' | 'least';
  readonly limit: number;
}

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What the peer reached in the same run, in the same unit. */
  readonly peer?: number;
  readonly goal: Goal;
}

export interface Measurement {
  name: string;
  value: number;
  unit: string;
  peer?: number;
  /** value / peer */
  ratio?: number;
  goal: string;
  met: boolean;
}

export interface Benchmark {
  readonly name: string;
  readonly explains: string;
  run(options: MeasuredOptions): Promise<Figure[]>;
}

export const atMost = (limit: number): Goal => ({ of: 'value', at: 'most', limit });
export const atLeast = (limit: number): Goal => ({ of: 'value', at: 'least', limit });
export const timesPeer = (limit: number): Goal => ({ of: 'ratio', at: 'least', limit });

const rounded = (value: number): number => Math.round(value * 100) / 100;

/** A goal without a number to hold against it is not met. */
export function measure({ name, value, unit, peer, goal }: Figure): Measurement {
  const ratio = peer === undefined ? undefined : value / peer;
  const judged = goal.of === 'ratio' ? (ratio ?? Number.NaN) : value;
  return {
    name,
    value: rounded(value),
    unit,
    ...(peer === undefined || ratio === undefined ? {} : { peer: rounded(peer), ratio: rounded(ratio) }),
    goal: `${goal.at === 'most' ? '<=' : '>='} ${goal.limit}${goal.of === 'ratio' ? ' x peer' : ` ${unit}`}`,
    met: goal.at === 'most' ? judged <= goal.limit : judged >= goal.limit,
  };
}
