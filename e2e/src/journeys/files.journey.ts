import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { startBackstay } from '../harness/backstay-process.ts';
import { createSchedule, restoreInPlace, signIn, watchConsole } from '../harness/console-pages.ts';
import { describeFolder, makeSampleFolder } from '../harness/sample-folder.ts';

const MiB = 1 << 20;
/** BACKSTAY_E2E_FULL=1 uses the sizes that a release is shown with. */
const size = process.env['BACKSTAY_E2E_FULL']
  ? { files: 5000, totalBytes: 550 * MiB, bigFileBytes: 300 * MiB }
  : { files: 5000, totalBytes: 120 * MiB, bigFileBytes: 60 * MiB };

test('a folder: protect, watch the log, lose everything, restore it byte by byte', async ({ page }) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'backstay-folder-'));
  const data = path.join(folder, `my "data" it's ünïcode`);
  makeSampleFolder(data, size);
  const before = describeFolder(data);
  const backstay = await startBackstay();
  const trouble = watchConsole(page);

  await signIn(page, backstay);
  const begun = Date.now();
  await page.getByRole('link', { name: 'Protect a folder on this machine' }).click();
  await createSchedule(page, { name: 'my-folder', fill: { 'Folder or file': data } });
  expect(Date.now() - begun).toBeLessThan(60_000);

  const log = page.getByRole('log');
  await expect(log).toContainText('backing up the folder');
  await expect(page.getByText(/Stored as backup 1/)).toBeVisible({ timeout: 120_000 });
  await expect(log).toContainText('Version uploaded');

  for (const entry of fs.readdirSync(data)) fs.rmSync(path.join(data, entry), { recursive: true });
  fs.writeFileSync(path.join(data, 'written after the backup'), 'gone after the restore');

  await restoreInPlace(page, { schedule: 'my-folder' });
  await expect(page.getByText(/Backup 1 was restored completely/)).toBeVisible({ timeout: 120_000 });
  expect(describeFolder(data)).toEqual(before);
  expect(fs.readdirSync(folder)).toHaveLength(1);

  expect(trouble).toEqual([]);
  expect(await backstay.stop()).toBe(0);
  for (const rest of [folder, backstay.home]) fs.rmSync(rest, { recursive: true, force: true });
});
