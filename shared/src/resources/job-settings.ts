import { z } from 'zod';
import { anyMembers } from './structural-schema.ts';

/** An object of a type of Kubernetes' own, which its API server checks when the Job is made. */
const kubernetesType = () => z.record(z.string(), z.unknown()).meta(anyMembers);

const seconds = z.int().min(0).max(31_536_000).optional();

/** How the Jobs of a schedule run in the cluster. */
export const jobSettingsSchema = z.object({
  resources: kubernetesType().optional().describe('Requests and limits of the main container.'),
  securityContext: kubernetesType().optional().describe('Of every container.'),
  podSecurityContext: kubernetesType().optional().describe('Of the Pod.'),
  serviceAccountName: z.string().max(253).optional().describe('ServiceAccount of the Pod. Default: default.'),
  nodeSelector: z.record(z.string(), z.string()).optional().describe('Labels of the nodes that the Pod may run on.'),
  tolerations: z.array(kubernetesType()).max(64).optional().describe('Taints that the Pod may run in spite of.'),
  labels: z
    .record(z.string(), z.string().max(63))
    .optional()
    .describe('Laid on every object and Pod; labels of the engine win.'),
  ttlSecondsAfterFinished: seconds.describe('A Job that has ended is deleted after this time. Default: it stays.'),
  activeDeadlineSeconds: seconds.describe('A Job that runs longer is ended, and has failed. Default: no limit.'),
});
export type JobSettings = z.infer<typeof jobSettingsSchema>;
