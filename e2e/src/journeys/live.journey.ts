import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { startBackstay } from '../harness/backstay-process.ts';
import { createSchedule, signIn, watchConsole } from '../harness/console-pages.ts';

test('two tabs show the same without a reload, and both outlive a restart', async ({ page, context }) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'backstay-live-'));
  fs.writeFileSync(path.join(folder, 'file'), 'content');
  let backstay = await startBackstay();
  await signIn(page, backstay);
  const other = await context.newPage();
  const trouble = watchConsole(other);
  await other.goto(`${backstay.url}/schedules`);
  await expect(other.getByText('No schedules yet')).toBeVisible();

  await page.getByRole('link', { name: 'Protect a folder on this machine' }).click();
  await createSchedule(page, { name: 'live', fill: { 'Folder or file': folder } });
  await expect(page.getByText(/Stored as backup 1/)).toBeVisible({ timeout: 60_000 });
  const row = other.getByRole('row').filter({ has: other.getByRole('link', { name: 'live', exact: true }) });
  await expect(row).toContainText('Protected');

  await page.goto(`${backstay.url}/schedules/default/live`);
  const choose = async (tab: Page, action: string) => {
    await tab.getByRole('button', { name: 'Actions for live' }).click();
    await tab.getByRole('menuitem', { name: action }).click();
  };
  await choose(page, 'Pause');
  await expect(row).toContainText('Paused');
  await choose(other, 'Resume');
  await expect(page.getByText('Paused')).toHaveCount(0);
  expect(trouble).toEqual([]);

  const port = Number(new URL(backstay.url).port);
  await backstay.stop();
  await expect(other.getByText(/The connection was lost/)).toBeVisible();
  backstay = await startBackstay(backstay.home, port);
  await expect(other.getByText(/The connection was lost/)).toBeHidden();
  await page.getByRole('button', { name: 'Run now' }).click();
  await expect(page.getByText(/Stored as backup 2/)).toBeVisible({ timeout: 60_000 });
  await page.goto(`${backstay.url}/schedules/default/live`);
  await choose(page, 'Pause');
  await expect(row).toContainText('Paused');

  expect(await backstay.stop()).toBe(0);
  for (const rest of [folder, backstay.home]) fs.rmSync(rest, { recursive: true, force: true });
});
