import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { type BackstayProcess, startBackstay } from '../harness/backstay-process.ts';
import { createSchedule, next, signIn } from '../harness/console-pages.ts';
import { startPostgres } from '../harness/postgres-server.ts';

/** The message under a field, tied to it for screen readers. */
async function problemOf(page: Page, label: string): Promise<string> {
  const field = page.getByLabel(label, { exact: false }).first();
  const described = await field.getAttribute('aria-describedby');
  return (await page.locator(`#${described}`).textContent()) ?? '';
}

test.describe('bad input in the wizard: the field says what is wrong, what was typed stays', () => {
  let backstay: BackstayProcess;
  let folder: string;

  test.beforeEach(async ({ page }) => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'backstay-bad-'));
    fs.writeFileSync(path.join(folder, 'file'), 'content');
    backstay = await startBackstay();
    await signIn(page, backstay);
  });
  test.afterEach(async () => {
    expect(await backstay.stop()).toBe(0);
    for (const rest of [folder, backstay.home]) fs.rmSync(rest, { recursive: true, force: true });
  });

  test('names, folder, cron, collection, YAML', async ({ page }) => {
    await page.getByRole('link', { name: 'Protect a folder on this machine' }).click();
    await createSchedule(page, { name: 'taken', fill: { 'Folder or file': folder } });
    await expect(page.getByText(/Stored as backup 1/)).toBeVisible({ timeout: 60_000 });
    await page.goto(`${backstay.url}/schedules/new?procedure=files`);

    const name = page.getByLabel('Name of the schedule');
    for (const [typed, says] of [
      ['', /name/i],
      ['Not A Name', /small letters/i],
      ['x'.repeat(44), /At most 43/],
      ['taken', /already|taken/i],
    ] as const) {
      await name.fill(typed);
      await next(page);
      await expect.poll(() => problemOf(page, 'Name of the schedule')).toMatch(says);
      await expect(name).toHaveValue(typed);
    }
    await name.fill('second');
    await next(page);

    const target = page.getByLabel('Folder or file');
    await target.fill('');
    await next(page);
    await expect(target).toHaveAttribute('aria-invalid', 'true');
    await target.fill('/does/not/exist');
    await next(page);
    await expect.poll(() => problemOf(page, 'Folder or file')).toContain('/does/not/exist does not exist');
    await expect(target).toHaveValue('/does/not/exist');
    await target.fill(folder);
    await next(page);

    const collection = page.getByLabel('Name of the collection');
    await collection.fill('Bad Name');
    await page.getByLabel('Backups to keep').fill('0');
    await page.getByLabel('Largest backup').fill('lots');
    await page.getByLabel('E-mail address of the key').fill('nobody');
    await next(page);
    expect(await problemOf(page, 'Name of the collection')).toMatch(/small letters/i);
    expect(await problemOf(page, 'Backups to keep')).toMatch(/at least one/i);
    expect(await problemOf(page, 'Largest backup')).toMatch(/unit/i);
    expect(await problemOf(page, 'E-mail address of the key')).toMatch(/e-mail address/i);
    await page.getByLabel('Backups to keep').fill('3');
    await page.getByLabel('Largest backup').fill('1G');
    await page.getByLabel('E-mail address of the key').fill('me@example.org');
    await collection.fill('taken');
    await next(page);

    await page.getByRole('radio', { name: 'Cron expression' }).check();
    const cron = page.getByLabel('Cron expression').last();
    await cron.fill('61 25 * * 7');
    await next(page);
    await expect(cron).toHaveValue('61 25 * * 7');
    await expect(cron).toHaveAttribute('aria-invalid', 'true');
    await cron.fill('15 3 * * 1-5');
    await next(page);

    // The server knows what the browser cannot: this collection exists.
    await expect(page.getByText('This has to be settled first')).toBeVisible();
    await page.getByRole('button', { name: 'Where', exact: true }).last().click();
    await expect(collection).toHaveValue('taken');
    await collection.fill('second');
    await next(page);
    await expect(cron).toHaveValue('15 3 * * 1-5');
    await next(page);
    await expect(page.getByText('The cluster accepts this')).toBeVisible();

    await page.getByRole('button', { name: 'Edit this YAML' }).or(page.getByText('Edit this YAML')).first().click();
    const editor = page.getByLabel('ScheduledBackup as YAML');
    const good = await editor.inputValue();
    for (const [edited, says] of [
      [good.replace('operation: backup', 'operation: [backup'), /Line \d+/],
      [good.replace('operation: backup', 'operation: destroy'), /operation/],
      [good.replace(/collectionId: \S+/, 'collectionId: 12'), /collectionId/],
    ] as const) {
      await editor.fill(edited);
      await page.getByRole('button', { name: 'Check the edited YAML' }).click();
      await expect(page.locator('#manifest-help')).toContainText(says);
      await expect(editor).toHaveValue(edited);
    }
    await editor.fill(good);
    await page.getByRole('button', { name: 'Check the edited YAML' }).click();
    await expect(page.getByText('The cluster accepts this')).toBeVisible();

    await page.reload();
    await expect(page.getByLabel('Name of the schedule')).toHaveValue('second');
  });

  test('a wrong password, a wrong database, a server that is not there', async ({ page }) => {
    const server = await startPostgres();
    await page.getByRole('link', { name: 'Protect a database' }).click();
    await page.getByRole('radio', { name: 'PostgreSQL' }).check({ force: true });
    await next(page);
    const fill = (label: string, value: string) => page.getByLabel(label, { exact: false }).first().fill(value);
    await fill('Host', '127.0.0.1');
    await fill('Port', String(server.port));
    await fill('Database', 'postgres');
    await fill('User', 'backstay');
    await fill('Password', 'wrong');
    await next(page);
    await expect.poll(() => problemOf(page, 'Password')).toMatch(/password/i);
    await expect.poll(() => page.getByLabel('Password').first().getAttribute('aria-invalid')).toBe('true');
    await expect(page.getByLabel('Password').first()).toHaveValue('wrong');

    await fill('Password', server.password);
    await fill('Database', 'nowhere');
    await next(page);
    await expect.poll(() => problemOf(page, 'Database')).toMatch(/nowhere/);

    await fill('Database', 'postgres');
    await fill('Port', '1');
    await next(page);
    await expect
      .poll(() => problemOf(page, 'Host').then(async (host) => host + (await problemOf(page, 'Port'))))
      .toMatch(/refused|reach|listen|connect/i);
    await server.stop();
  });
});
