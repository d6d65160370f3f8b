import { type KubeClient, KubeError } from '@backstay/kubernetes';
import { type Check, type JobSummary, type Problem, resourceTypes, type ScheduledBackup } from '@backstay/shared';
import type { StoredVersion } from '../../repository/repository-client.ts';
import { sizeInWords } from './words.ts';

export function versionChecks(wanted: number, versions: readonly StoredVersion[], collection: string): Check[] {
  const found = versions.find((version) => version.versionNumber === wanted);
  if (found === undefined) {
    return [
      {
        ...{ id: 'version', title: 'Backup', state: 'failed' },
        message: `The collection ${collection} holds no version ${wanted}.`,
        advice: 'Rotation may have taken it away meanwhile. Choose another backup.',
      },
    ];
  }
  return [sizeCheck(found), digestCheck(found)];
}

function sizeCheck(found: StoredVersion): Check {
  const named = { id: 'version', title: 'Backup' };
  if (found.filesize > 0)
    return {
      ...named,
      state: 'ok',
      message: `Version ${found.versionNumber} is there, ${sizeInWords(found.filesize)}.`,
    };
  return { ...named, state: 'failed', message: 'This version is empty.', advice: 'Choose another backup.' };
}

function digestCheck(found: StoredVersion): Check {
  const named = { id: 'digest', title: 'Digest' };
  if (found.sha256 !== undefined) {
    return { ...named, state: 'ok', message: 'Its SHA-256 is known: the download is compared with it.' };
  }
  return {
    ...named,
    state: 'warning',
    message: 'No SHA-256 was stored with this version.',
    advice: 'Damage is still found by the integrity check of the encryption, but later.',
  };
}

export function appliedCheck(schedule: ScheduledBackup): Check {
  const named = { id: 'schedule', title: 'Schedule' };
  const condition = schedule.status?.conditions?.find((item) => item.type === 'BackupObjectsInstallation');
  if (condition?.status === 'True') return { ...named, state: 'ok', message: 'Its restore script is in place.' };
  return {
    ...named,
    state: 'failed',
    message: condition?.message ?? 'The engine has not set this schedule up yet.',
    advice: 'Look at the conditions of the schedule; the restore can start once it is applied.',
  };
}

export function runningCheck(jobs: readonly JobSummary[]): Check {
  const named = { id: 'running', title: 'Other jobs' };
  const running = jobs.find((job) => job.state === 'running' || job.state === 'pending');
  if (running === undefined) return { ...named, state: 'ok', message: 'No other job of this schedule is running.' };
  return {
    ...named,
    state: 'failed',
    message: `The job ${running.name} of this schedule is still running.`,
    advice: 'Wait for its end, or cancel it.',
  };
}

/** Reads the Secret as the person and looks at its entries; values go no further. */
export async function keyCheck(client: KubeClient, schedule: ScheduledBackup): Promise<Check> {
  const named = { id: 'key', title: 'Private key' };
  const { secretName, privateKey } = schedule.spec.gpgKeySecretRef;
  const entry = privateKey || 'key';
  try {
    const secret = await client.get(resourceTypes.secrets, {
      namespace: schedule.metadata.namespace,
      name: secretName,
    });
    const value = Buffer.from(secret.data?.[entry] ?? '', 'base64').toString('utf8');
    if (isPrivateKey(value)) return { ...named, state: 'ok', message: `The Secret ${secretName} holds it.` };
    return {
      ...named,
      state: 'failed',
      message: value === '' ? `The Secret ${secretName} has no entry ${entry}.` : `${entry} is not a private key.`,
      advice: `Put the recovery key that you kept into the entry ${entry} of the Secret ${secretName}.`,
    };
  } catch (error) {
    if (error instanceof KubeError && error.status === 403) return unreadableKey(named, secretName);
    if (!(error instanceof KubeError) || error.status !== 404) throw error;
    return {
      ...named,
      state: 'failed',
      message: `There is no Secret ${secretName}.`,
      advice: `Make it again from the recovery key that you kept, with the entry ${entry}.`,
    };
  }
}

const unreadableKey = (named: { id: string; title: string }, secretName: string): Check => ({
  ...named,
  state: 'warning',
  message: `Your account may not read the Secret ${secretName}, so it was not looked at.`,
  advice: 'The restore still runs if the key is there.',
});

const isPrivateKey = (text: string): boolean => /-----BEGIN PGP PRIVATE KEY BLOCK-----[\s\S]+-----END PGP/.test(text);

export function targetCheck(problems: readonly Problem[]): Check {
  const named = { id: 'target', title: 'Target' };
  if (problems.length === 0) return { ...named, state: 'ok', message: 'It can be reached and written.' };
  return {
    ...named,
    state: 'failed',
    message: problems.map((problem) => problem.message).join(' '),
    advice: 'Correct the parameters, then check again.',
  };
}

export function permissionCheck(problems: readonly Problem[]): Check {
  const named = { id: 'permission', title: 'Cluster' };
  if (problems.length === 0) return { ...named, state: 'ok', message: 'The cluster accepts the request (dry run).' };
  return {
    ...named,
    state: 'failed',
    message: problems.map((problem) => problem.message).join(' '),
    advice: 'Ask whoever runs the cluster for the right to create RequestedBackupActions here.',
  };
}

/** From earlier restores, else from backups, by size. Undefined without any. */
export function estimateSeconds(jobs: readonly JobSummary[], sizeBytes: number | undefined): number | undefined {
  const done = jobs.filter((job) => job.state === 'succeeded' && job.startedAt && job.finishedAt);
  const reference = done.find((job) => job.operation === 'restore') ?? done[0];
  if (reference?.startedAt === undefined || reference.finishedAt === undefined) return undefined;
  const seconds = (Date.parse(reference.finishedAt) - Date.parse(reference.startedAt)) / 1000;
  const share = reference.sizeBytes && sizeBytes ? sizeBytes / reference.sizeBytes : 1;
  return Math.max(1, Math.round(seconds * share));
}
