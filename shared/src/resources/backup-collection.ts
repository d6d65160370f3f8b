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

const age = (text: string) =>
  z
    .string()
    .regex(/^([0-9]+(w|d|h|m|s))+$/)
    .optional()
    .describe(text);
const count = (min: number, text: string) => z.int().min(min).optional().describe(text);

const strategySpecSchema = z.object({
  keepLastOlderNotMoreThan: z.string().optional().describe('fifo-plus-older: how old an older copy may be, e.g. 30d.'),
  maxOlderCopies: z
    .int()
    .optional()
    .describe('fifo-plus-older: how many older copies are kept beside maxBackupsCount.'),
  keepLast: count(0, 'keep: so many of the newest versions.'),
  keepHourly: count(0, 'keep: the last version of each of so many hours that have one.'),
  keepDaily: count(0, 'keep: the last version of each of so many days that have one.'),
  keepWeekly: count(0, 'keep: the last version of each of so many weeks (from Monday) that have one.'),
  keepMonthly: count(0, 'keep: the last version of each of so many months that have one.'),
  keepYearly: count(0, 'keep: the last version of each of so many years that have one.'),
  timeZone: z.string().optional().describe('keep: IANA name of the zone whose days count. Default: UTC.'),
  minimumAge: age('No version leaves before it is so old, e.g. 36h. It needs room in maxCollectionSize. Default: 0s.'),
  minimumCount: count(1, 'So many of the newest good versions never leave. Default: 1.'),
});

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
  strategyName: z
    .enum(['fifo', 'fifo-plus-older', 'keep'])
    .describe('Which versions stay: the newest, the newest and some older ones, or the last of each period.'),
  strategySpec: strategySpecSchema,
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
