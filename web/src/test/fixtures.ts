import type { JobSummary, Procedure, ScheduleSummary, Session } from '@backstay/shared';

export const uid = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

export const session: Session = {
  user: { name: 'ada', groups: ['system:masters'] },
  cluster: { mode: 'local', name: 'backstay', version: 'v1.35.0', resourcesInstalled: true },
  version: '0.1.0',
  defaultNamespace: 'default',
  homeFolder: '/home/ada',
};

export const schedule = (over: Partial<ScheduleSummary> = {}): ScheduleSummary => ({
  id: uid(1),
  namespace: 'default',
  name: 'photos',
  procedure: { kind: 'internal', name: 'files', title: 'Files of a folder' },
  collection: 'photos',
  operation: 'backup',
  cron: '0 2 * * *',
  timeZone: 'Europe/Warsaw',
  paused: false,
  state: 'protected',
  reasons: ['The newest backup is young enough.'],
  lastJobs: [],
  newestVersion: { number: 3, createdAt: '2026-11-23T02:00:00.000Z', sizeBytes: 1024 },
  createdAt: '2026-11-01T02:00:00.000Z',
  ...over,
});

export const job = (over: Partial<JobSummary> = {}): JobSummary => ({
  id: uid(100),
  namespace: 'default',
  name: 'photos-backup-1',
  operation: 'backup',
  schedule: 'photos',
  state: 'succeeded',
  createdAt: '2026-11-23T02:00:00.000Z',
  startedAt: '2026-11-23T02:00:01.000Z',
  finishedAt: '2026-11-23T02:01:00.000Z',
  archived: false,
  ...over,
});

export const filesProcedure: Procedure = {
  kind: 'internal',
  name: 'files',
  title: 'Files of a folder',
  description: 'Packs a folder.',
  category: 'files',
  image: 'example',
  parameters: [
    { name: 'path', label: 'Folder', help: 'Full path.', type: 'path', required: true },
    { name: 'password', label: 'Password', help: '', type: 'password', required: false },
  ],
  checkable: true,
  backup: '',
  restore: '',
};
