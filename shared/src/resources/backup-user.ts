import { z } from 'zod';
import type { KubeObject } from './kube-object.ts';

const secretEntry = z.object({ name: z.string(), entry: z.string() });

export const systemRoleSchema = z.enum([
  'collectionManager',
  'usersManager',
  'userManager',
  'systemAdmin',
  'backupUploader',
  'backupDownloader',
  'uploadsAnytime',
]);

const accessKey = z.object({
  name: z.string().optional().describe('Part of the login after $.'),
  password: z.string().optional(),
  passwordFromRef: secretEntry.optional(),
  objects: z.array(z.object({ name: z.string(), type: z.string(), roles: z.array(z.string()).optional() })).optional(),
});

/** The `spec` of a BackupUser (group backups.riotkit.org): `spec/repository.md` 2.2. */
export const backupUserSpecSchema = z.object({
  email: z.string(),
  roles: z.array(systemRoleSchema),
  password: z.string().optional().describe('Encoded Argon2id hash; used only without passwordFromRef.'),
  passwordFromRef: secretEntry.optional(),
  accessKeys: z.array(accessKey).optional(),
  deactivated: z.boolean().optional(),
  organization: z.string().optional(),
  about: z.string().optional(),
  restrictByIP: z.array(z.string()).optional(),
  id: z.string().optional(),
});
export type BackupUserSpec = z.infer<typeof backupUserSpecSchema>;

export interface BackupUser extends KubeObject {
  kind: 'BackupUser';
  spec: BackupUserSpec;
}
