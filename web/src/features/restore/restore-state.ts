import type { Problem, Procedure, RestoreForm, ScheduleSummary } from '@backstay/shared';
import { createContext, useContext } from 'react';

export interface RestoreValues {
  /** `namespace/name`; empty: none yet. */
  schedule: string;
  /** Undefined: the newest. */
  version: number | undefined;
  mode: 'in-place' | 'elsewhere';
  /** What was typed for another place; the rest is as in the schedule. */
  parameters: Record<string, string>;
  confirmation: string;
}

export interface RestoreState {
  values: RestoreValues;
  patch: (next: Partial<RestoreValues>) => void;
  schedules: readonly ScheduleSummary[];
  schedule: ScheduleSummary | undefined;
  procedure: Procedure | undefined;
  problems: readonly Problem[];
  setProblems: (problems: readonly Problem[]) => void;
}

export const RestoreContext = createContext<RestoreState | undefined>(undefined);

export function useRestore(): RestoreState {
  const state = useContext(RestoreContext);
  if (state === undefined) throw new Error('useRestore needs the restore wizard around it.');
  return state;
}

export const keyOf = ({ namespace, name }: { namespace: string; name: string }): string => `${namespace}/${name}`;

/** The form that the server gets; undefined while something is still to be chosen. */
export function toRestoreForm(values: RestoreValues, newest: number | undefined): RestoreForm | undefined {
  const [namespace, schedule] = values.schedule.split('/');
  const version = values.version ?? newest;
  if (!namespace || !schedule || version === undefined) return undefined;
  return {
    namespace,
    schedule,
    version,
    target: values.mode === 'in-place' ? { mode: 'in-place' } : { mode: 'elsewhere', parameters: values.parameters },
  };
}

/** Only what differs from the schedule. A secret that is left empty stays as it is stored. */
export function differing(
  typed: Record<string, string>,
  stored: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(Object.entries(typed).filter(([name, value]) => value !== (stored[name] ?? '')));
}
