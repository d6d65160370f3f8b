// @vitest-environment jsdom
import { backupRoutes, clusterRoutes, type Plan, procedureRoutes, scheduleRoutes } from '@backstay/shared';
import { fireEvent, screen, waitFor } from '@testing-library/react';
import { beforeEach, describe, expect, test } from 'vitest';
import { filesProcedure } from '../../test/fixtures.ts';
import { answers, refuses, renderApp, server, startFakeServer } from '../../test/render-app.tsx';

startFakeServer();

const address = '/schedules/new?procedure=files';
const plan: Plan = {
  objects: [
    { kind: 'ScheduledBackup', namespace: 'default', name: 'files', change: 'create', yaml: 'kind: ScheduledBackup\n' },
  ],
  problems: [],
};

beforeEach(() => {
  server.use(
    answers(procedureRoutes.listProcedures, { items: [filesProcedure] }),
    answers(clusterRoutes.listNamespaces, { items: ['default', 'shop'] }),
    answers(backupRoutes.listCollections, { items: [] }),
    answers(scheduleRoutes.listSchedules, { items: [], total: 0 }),
    answers(procedureRoutes.checkProcedure, { problems: [] }),
    answers(scheduleRoutes.planSchedule, plan),
  );
});

const next = () => fireEvent.click(screen.getByRole('button', { name: 'Next' }));
const type = (label: string | RegExp, value: string) =>
  fireEvent.change(screen.getByLabelText(label), { target: { value } });

async function toDetails() {
  await screen.findByText('What do you want to protect?');
  next();
  await screen.findByLabelText(/Folder/);
}

async function toReview() {
  await toDetails();
  type(/Folder/, '/srv/photos');
  next();
  await screen.findByLabelText(/Backups to keep/);
  next();
  await screen.findByText('How often?');
  next();
  await screen.findByText('The cluster accepts this');
}

describe('the create wizard', () => {
  test('a bad name is told under its field, which gets the focus; what was typed stays', async () => {
    renderApp(address);
    await screen.findByText('What do you want to protect?');
    type(/Name of the schedule/, 'Not A Name');
    next();
    expect(await screen.findByText(/Use small letters, digits and dashes; begin/)).toBeTruthy();
    const field = screen.getByLabelText<HTMLInputElement>(/Name of the schedule/);
    expect(field.value).toBe('Not A Name');
    expect(document.activeElement).toBe(field);
  });

  test('what the server finds is told under its field, and Next goes on once it is mended', async () => {
    server.use(
      answers(procedureRoutes.checkProcedure, {
        problems: [{ field: 'parameters.path', message: 'This folder does not exist.' }],
      }),
    );
    renderApp(address);
    await toDetails();
    type(/Folder/, '/missing');
    next();
    expect(await screen.findByText('This folder does not exist.')).toBeTruthy();
    expect(screen.getByLabelText<HTMLInputElement>(/Folder/).value).toBe('/missing');
    server.use(answers(procedureRoutes.checkProcedure, { problems: [] }));
    type(/Folder/, '/srv');
    next();
    expect(await screen.findByLabelText(/Backups to keep/)).toBeTruthy();
  });

  test('a check that cannot run does not hold anybody up', async () => {
    server.use(refuses(procedureRoutes.checkProcedure, 502, { code: 'cluster_refused', message: 'No Pods today.' }));
    renderApp(address);
    await toDetails();
    type(/Folder/, '/srv');
    next();
    fireEvent.click(await screen.findByRole('button', { name: 'Go on without the check' }));
    expect(await screen.findByLabelText(/Backups to keep/)).toBeTruthy();
  });

  test('a bad cron expression is told where it is typed', async () => {
    renderApp(address);
    await toDetails();
    type(/Folder/, '/srv');
    next();
    await screen.findByLabelText(/Backups to keep/);
    next();
    fireEvent.click(await screen.findByLabelText('Cron expression'));
    fireEvent.change(document.getElementById('field-when-cron') as HTMLInputElement, {
      target: { value: '0 99 * * *' },
    });
    next();
    await waitFor(() => expect(document.getElementById('field-when-cron')?.getAttribute('aria-invalid')).toBe('true'));
    expect(screen.queryByText('The cluster accepts this')).toBeNull();
  });

  test('a failed apply says why and loses nothing; a second try creates it', async () => {
    const drafts: unknown[] = [];
    server.use(
      refuses(scheduleRoutes.createSchedule, 502, { code: 'cluster_refused', message: 'The quota is used up.' }),
    );
    const { router } = renderApp(address);
    await toReview();
    fireEvent.click(screen.getByLabelText('Run the first backup now'));
    await waitFor(() =>
      expect(screen.getByRole('button', { name: 'Create schedule' }).getAttribute('aria-disabled')).not.toBe('true'),
    );
    fireEvent.click(screen.getByRole('button', { name: 'Create schedule' }));
    expect(await screen.findByText(/The quota is used up/)).toBeTruthy();
    server.use(
      answers(scheduleRoutes.createSchedule, (body) => {
        drafts.push(body);
        return { schedule: { namespace: 'default', name: 'files' } };
      }),
      refuses(scheduleRoutes.getSchedule, 404, { code: 'not_found', message: 'Not yet.' }),
    );
    fireEvent.click(screen.getByRole('button', { name: 'Create schedule' }));
    await waitFor(() => expect(router.state.location.pathname).toBe('/schedules/default/files'));
    expect(drafts).toMatchObject([
      {
        form: {
          name: 'files',
          parameters: { path: '/srv/photos' },
          collection: { mode: 'new', name: 'files' },
          runNow: false,
        },
      },
    ]);
    expect(sessionStorage.getItem('backstay.draft.schedule')).toBeNull();
  });

  test('a problem of the dry run leads to the step that holds its field', async () => {
    server.use(
      answers(scheduleRoutes.planSchedule, { ...plan, problems: [{ field: 'name', message: 'This name is taken.' }] }),
    );
    renderApp(address);
    await toDetails();
    type(/Folder/, '/srv/photos');
    next();
    await screen.findByLabelText(/Backups to keep/);
    next();
    await screen.findByText('How often?');
    next();
    await screen.findByText('This has to be settled first');
    const links = screen.getAllByRole('button', { name: 'What' });
    fireEvent.click(links.at(-1) as HTMLElement);
    expect(await screen.findByText('This name is taken.')).toBeTruthy();
    expect(screen.getByLabelText<HTMLInputElement>(/Name of the schedule/).value).toBe('files');
  });

  test('a reload brings back what was typed, except for secrets', async () => {
    const first = renderApp(address);
    await toDetails();
    type(/Folder/, '/srv/photos');
    type(/Password/, 'correct horse');
    first.unmount();
    expect(JSON.stringify({ ...sessionStorage })).not.toContain('correct horse');
    renderApp(address);
    await toDetails();
    expect(screen.getByLabelText<HTMLInputElement>(/Folder/).value).toBe('/srv/photos');
    expect(screen.getByLabelText<HTMLInputElement>(/Password/).value).toBe('');
  });
});
