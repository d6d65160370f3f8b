import { scheduleRoutes } from '@backstay/shared';
import type { Endpoints } from '../../http/handle.ts';
import type { ScheduleService } from './schedule-service.ts';

const done = { done: true as const };

export function addScheduleRoutes(endpoints: Endpoints, schedules: ScheduleService): void {
  endpoints.add(scheduleRoutes.listSchedules, ({ identity, query }) => schedules.list(identity, query.namespace));
  endpoints.add(scheduleRoutes.getSchedule, ({ identity, params }) => schedules.detail(identity, params));
  endpoints.add(scheduleRoutes.planSchedule, ({ identity, body }) => schedules.plan(identity, body));
  endpoints.add(scheduleRoutes.createSchedule, ({ identity, body }) => schedules.create(identity, body));
  endpoints.add(scheduleRoutes.runSchedule, ({ identity, params }) => schedules.run(identity, params));
  endpoints.add(scheduleRoutes.pauseSchedule, async ({ identity, params, body }) => {
    await schedules.pause(identity, params, body.paused);
    return done;
  });
  endpoints.add(scheduleRoutes.deleteSchedule, async ({ identity, params }) => {
    await schedules.remove(identity, params);
    return done;
  });
  endpoints.add(scheduleRoutes.getRecoveryKey, async ({ identity, params, response }) => {
    const key = await schedules.recoveryKey(identity, params);
    response.attachment(`${params.name}-private-key.asc`).type('application/pgp-keys');
    response.set('cache-control', 'no-store').send(key);
  });
}
