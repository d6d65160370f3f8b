import { z } from 'zod';
import type { KubeObject } from './kube-object.ts';

const size = (text: string) =>
  z
    .string()
    .regex(/([0-9]+)(B|K|M|G|T)/)
    .describe(text);

/** `roles` of an access control entry or an access key. */
export const collectionRoleSchema = z.enum([
  'collectionManager',
  'backupUploader',
  'backupDownloader',
  'uploadsAnytime',
]);

/** The `spec` of a BackupCollection (group backups.riotkit.org): `spec/repository.md` 2.3. */
export const backupCollectionSpecSchema = z.object({
  description: z.string(),
  filenameTemplate: z.string().describe('File name of a version; must hold ${version}.'),
  maxBackupsCount: z.int().describe('How many versions are kept.'),
  maxOneVersionSize: size('Soft limit of one version, e.g. 500M.'),
  maxCollectionSize: size('Hard limit of all versions together, e.g. 10G.'),
  windows: z
    .array(z.object({ from: z.string().describe('Cron expression.'), duration: z.string().regex(/([0-9]+)(m|h)/) }))
    .optional()
    .describe('When uploads are allowed. None: always.'),
  strategyName: z.enum(['fifo', 'fifo-plus-older']),
  strategySpec: z.object({ keepLastOlderNotMoreThan: z.string().optional(), maxOlderCopies: z.int().optional() }),
  healthSecretRef: z.object({ name: z.string(), entry: z.string() }).optional(),
  accessControl: z
    .array(
      z.object({
        name: z.string().optional(),
        userName: z.string().optional().describe('Alias of name.'),
        type: z.string().optional().describe('user (default).'),
        roles: z.array(collectionRoleSchema),
      }),
    )
    .optional(),
});
export type BackupCollectionSpec = z.infer<typeof backupCollectionSpecSchema>;

export interface BackupCollection extends KubeObject {
  kind: 'BackupCollection';
  spec: BackupCollectionSpec;
}
