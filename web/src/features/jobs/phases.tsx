import type { JobDetail } from '@backstay/shared';
import { ProgressStep, type ProgressStepProps, ProgressStepper } from '@patternfly/react-core';
import { shortTime } from '../../lib/format.ts';

type Phase = JobDetail['phases'][number];

const variants: Record<Phase['state'], NonNullable<ProgressStepProps['variant']>> = {
  waiting: 'pending',
  active: 'info',
  done: 'success',
  failed: 'danger',
};
const words: Record<Phase['state'], string> = {
  waiting: 'has not started',
  active: 'in progress',
  done: 'done',
  failed: 'failed',
};

export function Phases({ phases }: { phases: readonly Phase[] }) {
  if (phases.length === 0) return null;
  return (
    <ProgressStepper aria-label="Phases of the job" isCenterAligned={false} className="bs-phases">
      {phases.map((phase) => (
        <ProgressStep
          key={phase.name}
          id={`phase-${phase.name}`}
          titleId={`phase-${phase.name}-title`}
          variant={variants[phase.state]}
          isCurrent={phase.state === 'active'}
          aria-label={`${phase.name}: ${words[phase.state]}`}
          description={phase.at === undefined ? words[phase.state] : shortTime(phase.at)}
        >
          {phase.name}
        </ProgressStep>
      ))}
    </ProgressStepper>
  );
}
