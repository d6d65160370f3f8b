import type { ScheduledBackup } from '@backstay/shared';
import { findCondition, installation, overdue } from '../plan/condition.ts';

export const scheduleStates = [
  'broken',
  'overdue',
  'failed',
  'running',
  'suspended',
  'succeeded',
  'waiting',
  'manual',
] as const;
export type ScheduleState = (typeof scheduleStates)[number];

/** The worst that is true of a schedule: what an operator has to know first. */
export const stateOf = ({ spec, status }: ScheduledBackup): ScheduleState => {
  const installed = findCondition(status?.conditions, installation);
  const item = status?.childrenResourcesHealth?.find(({ kind }) => kind === 'CronJob');
  const states: [ScheduleState, boolean][] = [
    ['broken', installed?.status === 'False'],
    ['overdue', findCondition(status?.conditions, overdue)?.status === 'True'],
    ['failed', item?.failed === true],
    ['running', item?.running === true],
    ['suspended', spec?.cronJob.suspend === true],
    ['succeeded', item?.succeeded === true],
    ['manual', spec?.cronJob.enabled === false],
  ];
  return states.find(([, is]) => is)?.[0] ?? 'waiting';
};
