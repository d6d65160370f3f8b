import { procedureRoutes } from '@backstay/shared';
import type { Endpoints } from '../../http/handle.ts';
import type { ProcedureService } from './procedure-service.ts';

export function addProcedureRoutes(endpoints: Endpoints, procedures: ProcedureService): void {
  endpoints.add(procedureRoutes.listProcedures, async ({ identity }) => ({ items: await procedures.list(identity) }));
  endpoints.add(procedureRoutes.checkProcedure, async ({ identity, body, signal }) => ({
    problems: [...(await procedures.check(identity, body, signal))],
  }));
}
