import { type ScheduleFormInput, scheduleRoutes } from '@backstay/shared';
import { type UseMutationResult, useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { call, type ReplyOf } from '../../lib/api.ts';
import { backupKeys } from '../../lib/queries/backups.ts';
import { scheduleKeys } from '../../lib/queries/schedules.ts';
import { dropDraft } from './draft.ts';

export interface ScheduleDraft {
  form: ScheduleFormInput;
  manifest?: string;
}

export type Create = UseMutationResult<ReplyOf<typeof scheduleRoutes.createSchedule>, Error, ScheduleDraft>;

/** Applies the draft, and goes on to the first job's log or to the new schedule. */
export function useCreate(): Create {
  const client = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: (draft: ScheduleDraft) => call(scheduleRoutes.createSchedule, { body: draft }),
    onSuccess: async ({ schedule, action }) => {
      dropDraft();
      void client.invalidateQueries({ queryKey: scheduleKeys.lists });
      void client.invalidateQueries({ queryKey: backupKeys.all });
      if (action === undefined) return navigate({ to: '/schedules/$namespace/$name', params: schedule });
      return navigate({
        to: '/jobs/starting/$namespace/$action',
        params: { namespace: action.namespace, action: action.name },
      });
    },
  });
}
