import type { Collection, Problem, Procedure, ScheduleSummary, Session } from '@backstay/shared';
import { Wizard, WizardStep } from '@patternfly/react-core';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useCallback, useEffect, useMemo, useState } from 'react';
import { useForm } from 'react-hook-form';
import { focusField } from '../../ui/form/field.tsx';
import { useWizardToggleName } from '../../ui/form/use-wizard-toggle-name.ts';
import { DetailsStep } from './details-step.tsx';
import { dropDraft, keepDraft, readDraft } from './draft.ts';
import { freeName } from './free-name.ts';
import { ReviewFooter } from './review-footer.tsx';
import { ReviewStep } from './review-step.tsx';
import { StepFooter } from './step-footer.tsx';
import { browserTimeZone } from './timing.ts';
import { useCreate } from './use-create.ts';
import { WhatStep } from './what-step.tsx';
import { WhenStep } from './when-step.tsx';
import { WhereStep } from './where-step.tsx';
import { WizardStateContext } from './wizard-context.tsx';
import {
  initialValues,
  type StepName,
  sameProcedure,
  stepOfField,
  stepTitles,
  type WizardValues,
} from './wizard-values.ts';

export interface WizardInput {
  procedures: readonly Procedure[];
  namespaces: readonly string[];
  collections: readonly Collection[];
  schedules: readonly ScheduleSummary[];
  session: Session;
  /** Name or category of the procedure that was asked for; may be empty. */
  startedWith: string;
}

function startValues({ procedures, schedules, session, startedWith }: WizardInput): WizardValues {
  const draft = readDraft(startedWith);
  if (draft !== undefined) return draft;
  const values = initialValues(session.defaultNamespace, browserTimeZone());
  const asked = procedures.find(({ name, category }) => name === startedWith || category === startedWith);
  if (asked === undefined) return values;
  const name = freeName(asked.name, schedules);
  return {
    ...values,
    procedure: { kind: asked.kind, name: asked.name },
    name,
    newCollection: { ...values.newCollection, name },
  };
}

function useWizardForm(input: WizardInput) {
  const { procedures, startedWith } = input;
  const [defaults] = useState(() => startValues(input));
  const form = useForm<WizardValues>({ defaultValues: defaults });
  const [problems, setProblems] = useState<readonly Problem[]>([]);
  const chosen = form.watch('procedure');
  const procedure = procedures.find((each) => sameProcedure(each, chosen));
  useEffect(() => {
    const keep = () =>
      keepDraft(
        { startedWith, values: form.getValues() },
        procedures.find((each) => sameProcedure(each, form.getValues('procedure'))),
      );
    const { unsubscribe } = form.watch(keep);
    return unsubscribe;
  }, [form, procedures, startedWith]);
  const showProblems = useCallback((next: readonly Problem[]) => setProblems(next), []);
  const create = useCreate();
  return useMemo(
    () => ({ form, procedures, procedure, problems, showProblems, create }),
    [form, procedures, procedure, problems, showProblems, create],
  );
}

export function ScheduleWizard(input: WizardInput) {
  const state = useWizardForm(input);
  const navigate = useNavigate();
  const wizard = useWizardToggleName();
  const leave = () => {
    dropDraft();
    void navigate({ to: '/schedules' });
  };
  const { problems } = state;
  useEffect(() => {
    const errors = problems.filter(({ severity }) => severity !== 'warning');
    if (errors.length > 0 && !isTyping()) focusField(errors.map(({ field }) => field));
  }, [problems]);

  const steps: Record<StepName, ReactNode> = {
    what: <WhatStep namespaces={input.namespaces} schedules={input.schedules} />,
    details: <DetailsStep homeFolder={input.session.homeFolder} />,
    where: <WhereStep collections={input.collections} />,
    when: <WhenStep />,
    review: <ReviewStep />,
  };
  const broken = new Set(
    problems.filter(({ severity }) => severity !== 'warning').map(({ field }) => stepOfField(field)),
  );
  return (
    <WizardStateContext value={state}>
      <div ref={wizard} className="bs-wizard-host">
        <Wizard isVisitRequired shouldFocusContent navAriaLabel="Steps" onClose={leave} className="bs-wizard">
          {(Object.keys(stepTitles) as StepName[]).map((step) => (
            <WizardStep
              key={step}
              id={step}
              name={stepTitles[step]}
              status={broken.has(step) ? 'error' : 'default'}
              footer={
                step === 'review' ? (
                  <ReviewFooter onLeave={leave} />
                ) : (
                  <StepFooter step={step} schedules={input.schedules} onLeave={leave} />
                )
              }
            >
              {steps[step]}
            </WizardStep>
          ))}
        </Wizard>
      </div>
    </WizardStateContext>
  );
}

/** While somebody types, a problem that goes away must not move the focus to the next one. */
const isTyping = (): boolean => ['INPUT', 'TEXTAREA'].includes(document.activeElement?.tagName ?? '');
