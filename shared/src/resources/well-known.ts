/** Labels, annotations and paths that existing users and scripts depend on (`spec/engine.md` 0), and Backstay's own. */
export const labels = {
  /** "true" on everything that the engine made. */
  backupMaker: 'riotkit.org/backup-maker',
  /** A UUID, new per object and apply; found again through status.ownedReferences. */
  trackingId: 'riotkit.org/job-tracking-id',
  /** GPGSecret on a generated key Secret. */
  type: 'riotkit.org/type',
  /** Name of the ScheduledBackup; on CronJobs, Jobs and their Pods. */
  schedule: 'backstay.riotkit.org/schedule',
  /** backup or restore; on CronJobs, Jobs and their Pods. */
  operation: 'backstay.riotkit.org/operation',
  /** Name of the RequestedBackupAction; on its Job and Pods. */
  action: 'backstay.riotkit.org/action',
  /** "true" on objects that the console made. */
  console: 'backstay.riotkit.org/console',
  /** Marks the short-lived Job of a pre-flight check, which no list shows. */
  check: 'backstay.riotkit.org/check',
} as const;

export const annotations = {
  /** backup or restore. */
  action: 'riotkit.org/action',
  email: 'riotkit.org/e-mail',
  /** Who asked for an action, e.g. the name of the signed-in user. */
  requestedBy: 'backstay.riotkit.org/requested-by',
  /** Set on a Job (value: who) before a cancellation deletes its Pods. */
  cancelledBy: 'backstay.riotkit.org/cancelled-by',
} as const;

/** Finds the names of a schedule's or action's children: `<name>-backup`, `<name>-restore`. */
export const childName = (resourceName: string, operation: 'backup' | 'restore'): string =>
  `${resourceName}-${operation}`;
