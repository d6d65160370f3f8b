import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { type BackstayProcess, startBackstay } from '../harness/backstay-process.ts';
import { createSchedule, next, signIn, watchConsole } from '../harness/console-pages.ts';
import { startPostgres } from '../harness/postgres-server.ts';
import { describeFolder, makeSampleFolder } from '../harness/sample-folder.ts';

/** Goes through the restore wizard with other parameters, from the page of a job to the end of the restore. */
async function restoreElsewhere(page: Page, fill: Record<string, string>): Promise<void> {
  await page.getByRole('link', { name: 'Restore from it' }).click();
  await expect(page.getByText('of writes since then will be lost')).toBeVisible();
  await next(page);
  await page.getByRole('radio', { name: 'With other parameters' }).check({ force: true });
  for (const [label, value] of Object.entries(fill)) await page.getByLabel(label, { exact: false }).first().fill(value);
  await next(page);
  await expect(page.getByRole('list', { name: 'Checks' })).toBeVisible({ timeout: 30_000 });
  // A sentence for people: no instant and no count of bytes as a machine writes them.
  const plan = (await page.getByRole('main').textContent()) ?? '';
  expect(plan).not.toMatch(/\d{4}-\d\d-\d\dT|\d{5,} bytes/);
  for (const secret of Object.entries(fill).filter(([label]) => label === 'Password'))
    expect(plan).not.toContain(secret[1]);
  if (process.env['BACKSTAY_E2E_SHOTS'])
    await page.screenshot({
      path: path.join(process.env['BACKSTAY_E2E_SHOTS'], `elsewhere-${Object.keys(fill).length}.png`),
      fullPage: true,
    });
  await next(page);
  await page.getByRole('button', { name: 'Start the restore' }).click();
  await expect(page.getByText(/Backup 1 was restored completely/)).toBeVisible({ timeout: 60_000 });
}

test.describe('restore with other parameters leaves the origin alone', () => {
  let backstay: BackstayProcess;
  let folder: string;

  test.beforeEach(async ({ page }) => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'backstay-elsewhere-'));
    backstay = await startBackstay();
    await signIn(page, backstay);
  });
  test.afterEach(async () => {
    expect(await backstay.stop()).toBe(0);
    for (const rest of [folder, backstay.home]) fs.rmSync(rest, { recursive: true, force: true });
  });

  test('a folder', async ({ page }) => {
    const trouble = watchConsole(page);
    const [from, to] = [path.join(folder, `ünï "quoted" & <b>`), path.join(folder, 'a copy')];
    makeSampleFolder(from, { files: 50, totalBytes: 500_000, bigFileBytes: 100_000 });
    const before = describeFolder(from);
    await page.getByRole('link', { name: 'Protect a folder on this machine' }).click();
    await createSchedule(page, { name: 'origin', fill: { 'Folder or file': from } });
    await expect(page.getByText(/Stored as backup 1/)).toBeVisible({ timeout: 60_000 });
    fs.rmSync(path.join(from, 'odd names'), { recursive: true });
    const left = describeFolder(from);

    fs.mkdirSync(to);
    await restoreElsewhere(page, { 'Folder or file': to });
    expect(describeFolder(from)).toEqual(left);
    expect(describeFolder(to)).toEqual(before);
    expect(trouble).toEqual([]);
  });

  test('a PostgreSQL database on another server with another password', async ({ page }) => {
    const origin = await startPostgres();
    const target = await startPostgres('an "other" $secret');
    origin.sql('postgres', `create database shop`);
    target.sql('postgres', `create database copy`);
    origin.sql('shop', `create table orders as select n, 'text ' || n as note from generate_series(1, 1000) n`);
    await page.getByRole('link', { name: 'Protect a database' }).click();
    await createSchedule(page, {
      name: 'shop',
      procedure: 'PostgreSQL',
      fill: {
        Host: '127.0.0.1',
        Port: String(origin.port),
        Database: 'shop',
        'User *': 'backstay',
        'Password *': origin.password,
      },
    });
    await expect(page.getByText(/Stored as backup 1/)).toBeVisible({ timeout: 60_000 });
    const before = origin.dump('shop');
    origin.sql('shop', 'delete from orders');

    await restoreElsewhere(page, { Port: String(target.port), Database: 'copy', Password: target.password });
    expect(target.dump('copy')).toBe(before);
    expect(origin.sql('shop', 'select count(*) from orders').trim()).toBe('0');
    await Promise.all([origin.stop(), target.stop()]);
  });
});
