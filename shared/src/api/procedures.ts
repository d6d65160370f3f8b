import { z } from 'zod';
import { problemSchema } from './common.ts';
import { route } from './route.ts';

export const parameterSchema = z.object({
  name: z.string(),
  label: z.string(),
  help: z.string(),
  type: z.enum(['text', 'number', 'password', 'path', 'lines', 'boolean']),
  required: z.boolean(),
  default: z.string().optional(),
  placeholder: z.string().optional(),
});
export type Parameter = z.infer<typeof parameterSchema>;

export const procedureSchema = z.object({
  /** internal: built in. cluster: a ClusterBackupProcedureTemplate. */
  kind: z.enum(['internal', 'cluster']),
  name: z.string(),
  title: z.string(),
  description: z.string(),
  /** Which icon and group a card gets. */
  category: z.enum(['database', 'files', 'custom']),
  image: z.string(),
  parameters: z.array(parameterSchema),
  /** True where a check script can be run before anything is saved. */
  checkable: z.boolean(),
  backup: z.string(),
  restore: z.string(),
});
export type Procedure = z.infer<typeof procedureSchema>;

export const procedureRoutes = {
  listProcedures: route({
    method: 'GET',
    path: '/api/procedures',
    reply: z.object({ items: z.array(procedureSchema) }),
  }),
  /**
   * Runs the check script of a procedure as a short Job in the namespace: can it be reached, may it be dumped?
   * Problems name fields as `parameters.<name>`; none means that all is well.
   */
  checkProcedure: route({
    method: 'POST',
    path: '/api/procedures/check',
    body: z.object({
      namespace: z.string(),
      kind: z.enum(['internal', 'cluster']),
      name: z.string(),
      operation: z.enum(['backup', 'restore']),
      parameters: z.record(z.string(), z.string()),
      /** Existing schedule whose stored secret parameters fill the ones that are empty here. */
      schedule: z.string().optional(),
    }),
    reply: z.object({ problems: z.array(problemSchema) }),
  }),
};
