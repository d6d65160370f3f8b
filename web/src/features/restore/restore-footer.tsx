import { type Problem, parameterProblems, procedureRoutes, restoreRoutes } from '@backstay/shared';
import { Alert, Button, useWizardContext, WizardFooterWrapper } from '@patternfly/react-core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { call } from '../../lib/api.ts';
import { messageOf } from '../../lib/api-error.ts';
import { scheduleQuery } from '../../lib/queries/schedules.ts';
import { CheckingFooter } from '../../ui/checking-footer.tsx';
import { focusField } from '../../ui/form/field.tsx';
import { differing, useRestore } from './restore-state.ts';
import { useRestorePlan, useVersions } from './use-restore-plan.ts';

interface Props {
  step: 'which' | 'when' | 'where' | 'check';
  onLeave: () => void;
}

const isError = ({ severity }: Problem): boolean => severity !== 'warning';

function useWhereCheck() {
  const { values, schedule, procedure, setProblems } = useRestore();
  const { goToNextStep } = useWizardContext();
  const detail = useQuery({
    ...scheduleQuery(schedule?.namespace ?? '', schedule?.name ?? ''),
    enabled: schedule !== undefined,
  });
  const settle = (problems: readonly Problem[]) => {
    setProblems(problems);
    const errors = problems.filter(isError);
    if (errors.length === 0) void goToNextStep();
    else setTimeout(() => focusField(errors.map(({ field }) => field)), 50);
  };
  const merged = { ...detail.data?.parameters, ...values.parameters };
  const server = useMutation({
    mutationFn: () =>
      call(procedureRoutes.checkProcedure, {
        body: {
          namespace: schedule?.namespace ?? '',
          kind: procedure?.kind ?? 'internal',
          name: procedure?.name ?? '',
          operation: 'restore',
          parameters: merged,
          schedule: schedule?.name,
        },
      }),
    onSuccess: ({ problems }) => settle(problems),
  });
  const next = () => {
    if (values.mode === 'in-place') return settle([]);
    const kept = new Set(detail.data?.secretParameters);
    const problems = parameterProblems(procedure?.parameters ?? [], merged).filter(
      ({ field }) => !kept.has(field.slice('parameters.'.length)),
    );
    if (Object.keys(differing(values.parameters, detail.data?.parameters ?? {})).length === 0) {
      return settle([{ field: '', message: 'Change at least one value, or restore in place.' }]);
    }
    if (problems.length > 0 || procedure?.checkable !== true) return settle(problems);
    setProblems([]);
    server.mutate();
  };
  return { next, server };
}

/** Next says why it cannot go on, instead of being off without a word. */
function useNext(step: Props['step']) {
  const { schedule, setProblems } = useRestore();
  const { goToNextStep } = useWizardContext();
  const versions = useVersions();
  const { plan } = useRestorePlan();
  const where = useWhereCheck();
  const stop = (message: string) => setProblems([{ field: step, message }]);
  const goOn = () => {
    setProblems([]);
    void goToNextStep();
  };
  const acts: Record<Props['step'], () => void> = {
    which: () => {
      if (schedule === undefined) return stop('Choose a schedule.');
      goOn();
    },
    when: () => {
      if ((versions.data?.items.length ?? 0) === 0) return stop('There is no backup to restore from.');
      goOn();
    },
    where: where.next,
    check: () => {
      if (plan.data === undefined) return stop('The checks are not done yet.');
      if (plan.data.checks.some(({ state }) => state === 'failed'))
        return stop('A check failed. Mend it first, then check again.');
      goOn();
    },
  };
  return { next: acts[step], server: where.server };
}

export function RestoreFooter({ step, onLeave }: Props) {
  const { problems } = useRestore();
  const { next, server } = useNext(step);
  const here = problems.find(({ field }) => field === step || field === '');
  return (
    <CheckingFooter check={server} onNext={next} onLeave={onLeave}>
      {here === undefined ? null : <Alert variant="warning" isInline isPlain isLiveRegion title={here.message} />}
    </CheckingFooter>
  );
}

function useStart() {
  const { values } = useRestore();
  const { form } = useRestorePlan();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: async () => {
      if (form === undefined) throw new Error('Nothing is chosen.');
      return call(restoreRoutes.startRestore, { body: { ...form, confirmation: values.confirmation } });
    },
    onSuccess: ({ action }) =>
      navigate({
        to: '/jobs/starting/$namespace/$action',
        params: { namespace: action.namespace, action: action.name },
      }),
  });
}

export function StartFooter({ onLeave }: { onLeave: () => void }) {
  const { values } = useRestore();
  const { plan } = useRestorePlan();
  const { goToPrevStep } = useWizardContext();
  const [asked, setAsked] = useState(false);
  const start = useStart();
  const typed = plan.data?.confirmation;
  const confirmed = plan.data !== undefined && (typed === undefined || values.confirmation === typed);
  const click = () => {
    setAsked(true);
    if (confirmed) start.mutate();
    else focusField(['confirmation']);
  };
  return (
    <WizardFooterWrapper>
      <div className="bs-wizard-footer">
        {asked && !confirmed ? (
          <Alert variant="warning" isInline isPlain isLiveRegion title={`Type ${typed ?? 'the name'} to confirm.`} />
        ) : null}
        {start.error === null ? null : (
          <Alert variant="danger" isInline title="The restore was not started">
            {messageOf(start.error)}
          </Alert>
        )}
        <div className="bs-wizard-footer__buttons">
          <Button variant="secondary" onClick={() => void goToPrevStep()} isDisabled={start.isPending}>
            Back
          </Button>
          <Button
            variant={values.mode === 'in-place' ? 'danger' : 'primary'}
            onClick={click}
            isLoading={start.isPending}
            isDisabled={start.isPending}
            isAriaDisabled={!confirmed}
          >
            {start.isPending ? 'Starting' : 'Start the restore'}
          </Button>
          <Button variant="link" onClick={onLeave} isDisabled={start.isPending}>
            Discard
          </Button>
        </div>
      </div>
    </WizardFooterWrapper>
  );
}
