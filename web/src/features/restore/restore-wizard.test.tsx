// @vitest-environment jsdom
import {
  backupRoutes,
  type Collection,
  jobRoutes,
  procedureRoutes,
  restoreRoutes,
  type ScheduleDetail,
  scheduleRoutes,
} from '@backstay/shared';
import { fireEvent, screen } from '@testing-library/react';
import { beforeEach, describe, expect, test } from 'vitest';
import { filesProcedure, schedule } from '../../test/fixtures.ts';
import { answers, refuses, renderApp, server, startFakeServer } from '../../test/render-app.tsx';

startFakeServer();

const address = '/restore?namespace=default&schedule=photos';
const collection: Collection = {
  ...{ name: 'photos', description: '', schedules: [], versions: 1 },
  ...{ maxVersions: 3, maxVersionBytes: 1e6, maxTotalBytes: 3e6, usedBytes: 1024 },
};
const version = {
  collection: 'photos',
  number: 3,
  createdAt: '2026-11-23T02:00:00.000Z',
  sizeBytes: 1024,
  uploadedBy: 'ada',
};
const detail: ScheduleDetail = {
  ...schedule(),
  ...{ manifest: '', parameters: { path: '/srv/photos' }, secretParameters: [], conditions: [], events: [] },
  key: { secretName: 'keys', email: 'ada@example.org', generated: true },
};

beforeEach(() => {
  server.use(
    answers(scheduleRoutes.listSchedules, { items: [schedule()], total: 1 }),
    answers(procedureRoutes.listProcedures, { items: [filesProcedure] }),
    answers(backupRoutes.listVersions, { collection, items: [version] }),
    answers(scheduleRoutes.getSchedule, detail),
    answers(jobRoutes.listJobs, { items: [], total: 0 }),
    answers(restoreRoutes.planRestore, { steps: ['The folder is replaced.'], checks: [], manifest: 'kind: Restore\n' }),
    answers(procedureRoutes.checkProcedure, { problems: [] }),
  );
});

const next = () => fireEvent.click(screen.getByRole('button', { name: 'Next' }));
const elsewhere = () => screen.findByRole<HTMLInputElement>('radio', { name: /With other parameters/ });

async function toWhere() {
  renderApp(address);
  await screen.findByText(/of writes since then will be lost/);
  next();
  await elsewhere();
}

describe('where to restore', () => {
  test('another place differs in at least one value', async () => {
    await toWhere();
    fireEvent.click(await elsewhere());
    expect((await elsewhere()).checked).toBe(true);
    next();
    expect(await screen.findByText('Change at least one value, or restore in place.')).toBeTruthy();
    fireEvent.change(screen.getByLabelText(/Folder/), { target: { value: '/srv/elsewhere' } });
    next();
    expect(await screen.findByText('The folder is replaced.')).toBeTruthy();
  });

  test('a check that cannot run does not hold anybody up, and is forgotten on the way back', async () => {
    server.use(refuses(procedureRoutes.checkProcedure, 502, { code: 'cluster_refused', message: 'No Pods today.' }));
    await toWhere();
    fireEvent.click(await elsewhere());
    fireEvent.change(screen.getByLabelText(/Folder/), { target: { value: '/srv/elsewhere' } });
    next();
    expect(await screen.findByText('The check itself did not work')).toBeTruthy();
    fireEvent.click(screen.getByRole('button', { name: 'Go on without the check' }));
    await screen.findByText('The folder is replaced.');
    fireEvent.click(screen.getByRole('button', { name: 'Back' }));
    expect((await elsewhere()).checked).toBe(true);
    expect(screen.queryByText('The check itself did not work')).toBeNull();
  });

  test('a procedure without parameters is restored in place only', async () => {
    server.use(answers(procedureRoutes.listProcedures, { items: [{ ...filesProcedure, parameters: [] }] }));
    await toWhere();
    expect((await elsewhere()).disabled).toBe(true);
    next();
    expect(await screen.findByText('The folder is replaced.')).toBeTruthy();
  });
});
