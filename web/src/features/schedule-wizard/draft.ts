import type { Procedure } from '@backstay/shared';
import type { WizardValues } from './wizard-values.ts';

const key = 'backstay.draft.schedule';

interface Draft {
  /** The address that the wizard was opened with: another one is another intention. */
  startedWith: string;
  values: WizardValues;
}

/** Keeps what was typed over a reload, in this tab only and without secrets. */
export function keepDraft(draft: Draft, procedure: Procedure | undefined): void {
  const secret = new Set(procedure?.parameters.filter(({ type }) => type === 'password').map(({ name }) => name));
  const known = new Set(procedure?.parameters.map(({ name }) => name));
  const parameters = Object.fromEntries(
    Object.entries(draft.values.parameters).filter(([name]) => known.has(name) && !secret.has(name)),
  );
  sessionStorage.setItem(key, JSON.stringify({ ...draft, values: { ...draft.values, parameters } }));
}

export function readDraft(startedWith: string): WizardValues | undefined {
  const stored = sessionStorage.getItem(key);
  if (stored === null) return undefined;
  const draft = JSON.parse(stored) as Draft;
  return draft.startedWith === startedWith ? draft.values : undefined;
}

export const dropDraft = (): void => sessionStorage.removeItem(key);
