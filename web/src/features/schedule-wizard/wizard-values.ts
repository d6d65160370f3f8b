import {
  type Parameter,
  type Problem,
  type Procedure,
  parameterProblems,
  type ScheduleFormInput,
  scheduleFormSchema,
} from '@backstay/shared';
import { cronOf, defaultTiming, readTiming, type Timing } from './timing.ts';

/**
 * What the wizard holds: the form of `shared/forms`, but with both sides of every choice, so that switching between them
 * loses nothing that was typed.
 */
export interface WizardValues {
  namespace: string;
  name: string;
  procedure: { kind: 'internal' | 'cluster'; name: string };
  parameters: Record<string, string>;
  collectionMode: 'new' | 'existing';
  newCollection: { name: string; maxVersions: string; maxVersionSize: string };
  existingCollection: string;
  keyMode: 'generate' | 'existing';
  email: string;
  existingKey: { secretName: string; publicKey: string; privateKey: string; passphraseKey: string };
  timing: Timing;
  runNow: boolean;
  /** The ScheduledBackup as edited by hand; empty: as the form makes it. */
  manifest: string;
}

export const initialValues = (namespace: string, timeZone: string): WizardValues => ({
  namespace,
  name: '',
  procedure: { kind: 'internal', name: '' },
  parameters: {},
  collectionMode: 'new',
  newCollection: { name: '', maxVersions: '14', maxVersionSize: '10G' },
  existingCollection: '',
  keyMode: 'generate',
  email: 'backups@example.org',
  existingKey: { secretName: '', publicKey: 'key.pub', privateKey: 'key', passphraseKey: 'passphrase' },
  timing: defaultTiming(timeZone),
  runNow: true,
  manifest: '',
});

export const sameProcedure = (a: { kind: string; name: string }, b: { kind: string; name: string }): boolean =>
  a.kind === b.kind && a.name === b.name;

/** Only what the chosen procedure knows, with its defaults where nothing was typed. */
export function parametersOf(values: WizardValues, parameters: readonly Parameter[]): Record<string, string> {
  return Object.fromEntries(
    parameters.map(({ name, default: preset }) => [name, values.parameters[name] ?? preset ?? '']),
  );
}

export function toForm(values: WizardValues, procedure: Procedure | undefined): ScheduleFormInput {
  const { existingKey, email } = values;
  return {
    namespace: values.namespace,
    name: values.name.trim(),
    procedure: values.procedure,
    parameters: parametersOf(values, procedure?.parameters ?? []),
    collection:
      values.collectionMode === 'new'
        ? { mode: 'new', ...values.newCollection, name: values.newCollection.name.trim() }
        : { mode: 'existing', name: values.existingCollection },
    key:
      values.keyMode === 'generate'
        ? { mode: 'generate', email: email.trim() }
        : { mode: 'existing', email: email.trim(), ...existingKey },
    when: { enabled: values.timing.mode !== 'manual', cron: cronOf(values.timing), timeZone: values.timing.timeZone },
    runNow: values.runNow,
  };
}

/** Everything that is wrong before the server is asked; fields as in the form. */
export function problemsOf(values: WizardValues, procedure: Procedure | undefined): Problem[] {
  const form = toForm(values, procedure);
  const parsed = scheduleFormSchema.safeParse(form);
  const issues = parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => ({ field: path.join('.'), message }));
  const timing = values.timing.mode === 'manual' ? { ok: true as const } : readTiming(values.timing);
  return [
    ...issues.filter(({ field }) => timing.ok || field !== 'when.cron'),
    ...(timing.ok ? [] : [{ field: 'when.cron', message: timing.message }]),
    ...parameterProblems(procedure?.parameters ?? [], form.parameters),
  ];
}

export const stepNames = ['what', 'details', 'where', 'when', 'review'] as const;
export type StepName = (typeof stepNames)[number];

export const stepTitles: Record<StepName, string> = {
  what: 'What',
  details: 'Details',
  where: 'Where',
  when: 'When',
  review: 'Review',
};

const stepOfRoot: Record<string, StepName> = {
  namespace: 'what',
  name: 'what',
  procedure: 'what',
  parameters: 'details',
  collection: 'where',
  key: 'where',
  when: 'when',
};

/** The step that holds a field of the form. */
export const stepOfField = (field: string): StepName => stepOfRoot[field.split('.')[0] ?? ''] ?? 'review';
