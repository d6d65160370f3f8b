import { z } from 'zod';
import type { KubeObject } from './kube-object.ts';

/** The `spec` of a ClusterBackupProcedureTemplate: `spec/engine.md` 1.5. */
export const clusterBackupProcedureTemplateSpecSchema = z.object({
  image: z.string().describe('Image of the main container.'),
  backup: z.string().describe('Backup script, a Go text/template.'),
  restore: z.string().describe('Restore script, a Go text/template.'),
});
export type ClusterBackupProcedureTemplateSpec = z.infer<typeof clusterBackupProcedureTemplateSpecSchema>;

export interface ClusterBackupProcedureTemplate extends KubeObject {
  kind: 'ClusterBackupProcedureTemplate';
  spec: ClusterBackupProcedureTemplateSpec;
}
