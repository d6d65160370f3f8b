import { type ScheduleSummary, scheduleRoutes } from '@backstay/shared';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { call } from '../../lib/api.ts';
import { scheduleKeys } from '../../lib/queries/schedules.ts';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import type { RowAction } from '../../ui/row-actions.tsx';
import { useToasts } from '../../ui/toasts.tsx';

type Target = Pick<ScheduleSummary, 'namespace' | 'name' | 'paused' | 'newestVersion' | 'state'>;

interface ScheduleActions {
  runNow: (schedule: Target) => void;
  running: boolean;
  setPaused: (schedule: Target, paused: boolean) => void;
  restore: (schedule: Target) => void;
  askDelete: (schedule: Target) => void;
  menuOf: (schedule: Target) => RowAction[];
  /** The dialog, while it is open. */
  dialog: ReactNode;
}

const paramsOf = ({ namespace, name }: Target) => ({ namespace, name });

/** What can be done with a schedule, from its row and from its page. */
export function useScheduleActions(options: { onDeleted?: () => void } = {}): ScheduleActions {
  const toasts = useToasts();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [deleting, setDeleting] = useState<Target>();
  const refresh = () => client.invalidateQueries({ queryKey: scheduleKeys.all });

  const run = useMutation({
    mutationFn: (target: Target) => call(scheduleRoutes.runSchedule, { params: paramsOf(target) }),
    onSuccess: ({ action }) =>
      navigate({
        to: '/jobs/starting/$namespace/$action',
        params: { namespace: action.namespace, action: action.name },
      }),
    onError: (error) => toasts.fail('The backup was not started', error),
  });
  const pause = useMutation({
    mutationFn: ({ target, paused }: { target: Target; paused: boolean }) =>
      call(scheduleRoutes.pauseSchedule, { params: paramsOf(target), body: { paused } }),
    onSuccess: async (_, { target, paused }) => {
      toasts.succeed(paused ? `${target.name} is paused` : `${target.name} runs again`);
      await refresh();
    },
    onError: (error) => toasts.fail('Nothing was changed', error),
  });
  const remove = useMutation({
    mutationFn: (target: Target) => call(scheduleRoutes.deleteSchedule, { params: paramsOf(target) }),
    onSuccess: async (_, target) => {
      setDeleting(undefined);
      toasts.succeed(`${target.name} was deleted`, 'Its stored backups and its key are still there.');
      options.onDeleted?.();
      client.removeQueries({ queryKey: scheduleKeys.detail(target.namespace, target.name) });
      await client.invalidateQueries({ queryKey: scheduleKeys.lists });
    },
  });

  const restore = (target: Target) =>
    void navigate({ to: '/restore', search: { namespace: target.namespace, schedule: target.name } });
  const setPaused = (target: Target, paused: boolean) => pause.mutate({ target, paused });
  const askDelete = (target: Target) => {
    remove.reset();
    setDeleting(target);
  };
  return {
    runNow: run.mutate,
    running: run.isPending,
    setPaused,
    restore,
    askDelete,
    menuOf: (schedule) => [
      { label: 'Run now', onSelect: () => run.mutate(schedule) },
      { label: schedule.paused ? 'Resume' : 'Pause', onSelect: () => setPaused(schedule, !schedule.paused) },
      {
        label: 'Restore',
        onSelect: () => restore(schedule),
        unavailable: schedule.newestVersion === undefined ? 'There is no backup yet' : undefined,
      },
      { label: 'Delete', onSelect: () => askDelete(schedule), danger: true },
    ],
    dialog:
      deleting === undefined ? null : (
        <ConfirmDialog
          title={`Delete the schedule ${deleting.name}?`}
          action="Delete schedule"
          typed={deleting.name}
          busy={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate(deleting)}
          onClose={() => setDeleting(undefined)}
        >
          <p>No more backups will be made by it. A job that runs now is ended.</p>
          <p>The backups that are stored, the key that opens them and the records of past jobs stay.</p>
        </ConfirmDialog>
      ),
  };
}
