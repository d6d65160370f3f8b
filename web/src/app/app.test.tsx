// @vitest-environment jsdom
import { backupRoutes, jobRoutes, scheduleRoutes, sessionRoutes } from '@backstay/shared';
import { fireEvent, screen, waitFor } from '@testing-library/react';
import { describe, expect, test } from 'vitest';
import { TestEventSource } from '../test/browser-parts.ts';
import { schedule, session } from '../test/fixtures.ts';
import { answers, refuses, renderApp, server, startFakeServer } from '../test/render-app.tsx';

startFakeServer();

const signInRequired = { code: 'sign_in_required', message: 'Sign in to go on.' };

describe('signing in', () => {
  test('the code leaves the address at once, is exchanged once, and the wanted page comes up', async () => {
    const codes: unknown[] = [];
    localStorage.setItem('backstay.wanted', JSON.stringify({ path: '/settings', at: Date.now() }));
    server.use(
      answers(sessionRoutes.signIn, (body) => {
        codes.push(body);
        return session;
      }),
    );
    renderApp('/sign-in#one-time-code');
    expect(window.location.href).not.toContain('one-time-code');
    expect(await screen.findByRole('heading', { name: 'Settings' })).toBeTruthy();
    expect(codes).toEqual([{ code: 'one-time-code' }]);
    expect(window.location.pathname).toBe('/settings');
  });

  test('a used link says so, and how to get another', async () => {
    server.use(refuses(sessionRoutes.signIn, 401, { code: 'sign_in_code_invalid', message: 'Used.' }));
    renderApp('/sign-in#used');
    expect(await screen.findByText(/used already, or is too old/)).toBeTruthy();
    expect(screen.getByDisplayValue('npm run -s backstay -- sign-in')).toBeTruthy();
  });

  test('without a session the page says how to sign in, and remembers where the person wanted to go', async () => {
    server.use(refuses(sessionRoutes.getSession, 401, signInRequired));
    renderApp('/jobs?state=failed');
    expect(await screen.findByText(/one-time link/)).toBeTruthy();
    await waitFor(() => expect(localStorage.getItem('backstay.wanted')).toContain('/jobs?state=failed'));
  });

  test('a token of the cluster signs in, and never stands in the address', async () => {
    const token = `eyJ${'x'.repeat(1200)}`;
    const codes: unknown[] = [];
    server.use(
      refuses(sessionRoutes.getSession, 401, signInRequired),
      answers(sessionRoutes.signIn, (body) => {
        codes.push(body);
        return session;
      }),
    );
    renderApp('/settings');
    const field = await screen.findByLabelText('Token');
    expect(field.getAttribute('type')).toBe('password');
    fireEvent.change(field, { target: { value: ` ${token}\n` } });
    fireEvent.click(screen.getByRole('button', { name: 'Sign in', hidden: true }));
    expect(await screen.findByRole('heading', { name: 'Settings' })).toBeTruthy();
    expect(codes).toEqual([{ code: token }]);
    expect(window.location.href).not.toContain('eyJ');
  });

  test('a session that ends while the page is open leads back to signing in', async () => {
    server.use(refuses(scheduleRoutes.listSchedules, 401, signInRequired));
    const { queryClient } = renderApp('/schedules');
    await waitFor(() => expect(queryClient.getQueryState(['schedules', 'list'])?.status).toBe('error'));
    server.use(refuses(sessionRoutes.getSession, 401, signInRequired));
    await queryClient.resetQueries({ queryKey: ['session'] }).catch(() => undefined);
    expect(await screen.findByText(/one-time link/)).toBeTruthy();
  });
});

describe('a list', () => {
  test('shows a failure with a retry, and the rows once it works', async () => {
    server.use(
      refuses(scheduleRoutes.listSchedules, 502, { code: 'cluster_refused', message: 'The cluster said no.' }),
    );
    renderApp('/schedules');
    expect(await screen.findByText('The cluster said no.')).toBeTruthy();
    server.use(answers(scheduleRoutes.listSchedules, { items: [schedule()], total: 1 }));
    fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByRole('link', { name: 'photos' })).toBeTruthy();
  });

  test('without rows it says what to do', async () => {
    server.use(answers(scheduleRoutes.listSchedules, { items: [], total: 0 }));
    renderApp('/schedules');
    expect(await screen.findByText('No schedules yet')).toBeTruthy();
  });

  test('takes its filter from the address, and says when nothing matches', async () => {
    server.use(answers(scheduleRoutes.listSchedules, { items: [schedule()], total: 1 }));
    renderApp('/schedules?state=failing');
    expect(await screen.findByText('No schedule matches')).toBeTruthy();
  });

  test('shows a live change without asking the server again', async () => {
    let asked = 0;
    server.use(
      answers(scheduleRoutes.listSchedules, () => {
        asked += 1;
        return { items: [schedule()], total: 1 };
      }),
    );
    renderApp('/schedules');
    expect(await screen.findByText('Protected')).toBeTruthy();
    TestEventSource.latest?.open();
    const item = schedule({ state: 'failing', reasons: ['The dump failed.'] });
    TestEventSource.latest?.say('change', { noun: 'schedules', type: 'upsert', item });
    expect(await screen.findByText('Failing')).toBeTruthy();
    expect(asked).toBe(1);
  });
});

test('an empty console offers ways on and claims no protection', async () => {
  server.use(
    answers(scheduleRoutes.listSchedules, { items: [], total: 0 }),
    answers(jobRoutes.listJobs, { items: [], total: 0 }),
    answers(backupRoutes.listCollections, { items: [] }),
  );
  renderApp('/');
  expect(await screen.findByRole('link', { name: 'Protect a folder on this machine' })).toBeTruthy();
  expect(screen.getByText('Nothing is protected yet')).toBeTruthy();
});

test('a schedule is deleted only after its name was typed', async () => {
  let deleted = 0;
  server.use(
    answers(scheduleRoutes.listSchedules, { items: [schedule()], total: 1 }),
    answers(scheduleRoutes.deleteSchedule, () => {
      deleted += 1;
      return { done: true as const };
    }),
  );
  renderApp('/schedules');
  fireEvent.click(await screen.findByRole('button', { name: 'Actions for photos' }));
  await waitFor(() => expect(document.activeElement).toBe(screen.getByRole('menuitem', { name: 'Run now' })));
  fireEvent.click(await screen.findByRole('menuitem', { name: 'Delete' }));
  const confirm = await screen.findByRole<HTMLButtonElement>('button', { name: 'Delete schedule' });
  expect(confirm.disabled).toBe(true);
  fireEvent.change(screen.getByLabelText(/Type photos to confirm/), { target: { value: 'photos' } });
  fireEvent.click(confirm);
  await waitFor(() => expect(deleted).toBe(1));
});
