import { restoreRoutes } from '@backstay/shared';
import type { Endpoints } from '../../http/handle.ts';
import type { RestoreService } from './restore-service.ts';

export function addRestoreRoutes(endpoints: Endpoints, restores: RestoreService): void {
  endpoints.add(restoreRoutes.planRestore, ({ identity, body, signal }) => restores.plan(identity, body, signal));
  endpoints.add(restoreRoutes.startRestore, ({ identity, body, signal }) => restores.start(identity, body, signal));
}
