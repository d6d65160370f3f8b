import type { JobState, ScheduleState } from '@backstay/shared';
import BanIcon from '@patternfly/react-icons/dist/esm/icons/ban-icon';
import CheckCircleIcon from '@patternfly/react-icons/dist/esm/icons/check-circle-icon';
import ClockIcon from '@patternfly/react-icons/dist/esm/icons/clock-icon';
import ExclamationCircleIcon from '@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon';
import ExclamationTriangleIcon from '@patternfly/react-icons/dist/esm/icons/exclamation-triangle-icon';
import InProgressIcon from '@patternfly/react-icons/dist/esm/icons/in-progress-icon';
import PauseCircleIcon from '@patternfly/react-icons/dist/esm/icons/pause-circle-icon';
import type { ReactNode } from 'react';
import { Tag, type TagColor } from './tag.tsx';

interface Look {
  text: string;
  color: TagColor;
  icon: ReactNode;
}

const scheduleLooks: Record<ScheduleState, Look> = {
  protected: { text: 'Protected', color: 'green', icon: <CheckCircleIcon /> },
  overdue: { text: 'Overdue', color: 'orange', icon: <ExclamationTriangleIcon /> },
  failing: { text: 'Failing', color: 'red', icon: <ExclamationCircleIcon /> },
  paused: { text: 'Paused', color: 'grey', icon: <PauseCircleIcon /> },
  'never-ran': { text: 'Never ran', color: 'blue', icon: <ClockIcon /> },
  invalid: { text: 'Invalid', color: 'red', icon: <ExclamationCircleIcon /> },
};

const jobLooks: Record<JobState, Look> = {
  pending: { text: 'Waiting', color: 'grey', icon: <ClockIcon /> },
  running: { text: 'Running', color: 'blue', icon: <InProgressIcon /> },
  succeeded: { text: 'Succeeded', color: 'green', icon: <CheckCircleIcon /> },
  failed: { text: 'Failed', color: 'red', icon: <ExclamationCircleIcon /> },
  cancelled: { text: 'Cancelled', color: 'grey', icon: <BanIcon /> },
};

export const scheduleStateText = (state: ScheduleState): string => scheduleLooks[state].text;
export const jobStateText = (state: JobState): string => jobLooks[state].text;

export function ScheduleStateLabel({ state, reasons = [] }: { state: ScheduleState; reasons?: readonly string[] }) {
  const { text, color, icon } = scheduleLooks[state];
  return (
    <Tag color={color} icon={icon} title={reasons.length === 0 ? undefined : reasons.join('\n')}>
      {text}
    </Tag>
  );
}

export function JobStateLabel({ state }: { state: JobState }) {
  const { text, color, icon } = jobLooks[state];
  return (
    <Tag color={color} icon={icon}>
      {text}
    </Tag>
  );
}
