import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, expect, type Page, test } from '@playwright/test';
import { type BackstayProcess, startBackstay } from '../harness/backstay-process.ts';
import { createSchedule, restoreInPlace, signIn, watchConsole } from '../harness/console-pages.ts';
import { makeSampleFolder } from '../harness/sample-folder.ts';

/** With BACKSTAY_E2E_SHOTS=<folder> every screen is kept as a picture, to be looked at. */
const shots = process.env['BACKSTAY_E2E_SHOTS'];
const looks = [
  { name: 'wide-light', width: 1440, height: 900, theme: 'light' },
  { name: 'wide-dark', width: 1440, height: 900, theme: 'dark' },
  { name: 'phone-light', width: 390, height: 844, theme: 'light' },
  { name: 'phone-dark', width: 390, height: 844, theme: 'dark' },
] as const;
type Look = (typeof looks)[number];

/** WCAG 2.2 AA holds, and nothing is cut off at the side. */
async function inspect(page: Page, look: Look, screen: string): Promise<void> {
  await page.mouse.move(0, 0);
  if (shots) await page.screenshot({ path: path.join(shots, `${screen}-${look.name}.png`) });
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
    .analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join('\n')}`);
  expect(found, `${screen} ${look.name}`).toEqual([]);
  const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
  expect(overflow, `${screen} ${look.name} is wider than the window`).toBeLessThanOrEqual(0);
}

async function pageWith(browser: Browser, look: Look, storageState?: string): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: look.width, height: look.height },
    colorScheme: look.theme,
    ...(storageState ? { storageState } : {}),
  });
  return context.newPage();
}

test.describe('every screen, wide and on a phone, light and dark', () => {
  let backstay: BackstayProcess;
  let folder: string;
  const session = () => path.join(folder, 'session.json');

  test.beforeAll(async ({ browser }) => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'backstay-looks-'));
    makeSampleFolder(path.join(folder, 'data'), { files: 100, totalBytes: 2_000_000, bigFileBytes: 500_000 });
    backstay = await startBackstay();
    const page = await pageWith(browser, looks[0]);
    await signIn(page, backstay);
    await page.context().storageState({ path: session() });
    await page.close();
  });
  test.afterAll(async () => {
    expect(await backstay.stop()).toBe(0);
    for (const rest of [folder, backstay.home]) fs.rmSync(rest, { recursive: true, force: true });
  });

  for (const look of looks) {
    test(look.name, async ({ browser }) => {
      const page = await pageWith(browser, look, session());
      const trouble = watchConsole(page);
      const name = look.name;
      const seen = (screen: string) => inspect(page, look, screen);

      await page.goto(backstay.url);
      await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible();
      await seen('overview-before');
      await page.goto(`${backstay.url}/schedules/new?procedure=files`);
      await createSchedule(page, { name, fill: { 'Folder or file': path.join(folder, 'data') }, look: seen });
      await expect(page.getByText(/Stored as backup 1/)).toBeVisible({ timeout: 60_000 });
      await seen('job-of-a-backup');
      await restoreInPlace(page, { schedule: name, look: seen });
      await expect(page.getByText(/was restored completely/)).toBeVisible({ timeout: 60_000 });
      await seen('job-of-a-restore');

      const screens: [screen: string, path: string, heading: string][] = [
        ['overview', '/', 'Overview'],
        ['schedules', '/schedules', 'Schedules'],
        ['schedule', `/schedules/default/${name}`, name],
        ['jobs', '/jobs', 'Jobs'],
        ['backups', '/backups', 'Backups'],
        ['collection', `/backups/${name}`, name],
        ['settings', '/settings', 'Settings'],
      ];
      for (const [screen, address, heading] of screens) {
        await page.goto(backstay.url + address);
        await expect(page.getByRole('heading', { name: heading, level: 1 })).toBeVisible();
        await expect(page.getByRole('progressbar')).toHaveCount(0);
        await seen(screen);
      }
      expect(trouble).toEqual([]);
    });
  }

  test('without a session, and with a used link', async ({ browser }) => {
    for (const look of looks) {
      const page = await pageWith(browser, look);
      await page.goto(`${backstay.url}/schedules`);
      await expect(page.getByRole('heading', { name: 'Sign in to Backstay' })).toBeVisible();
      await expect(page.getByRole('textbox')).toHaveValue('npm run -s backstay -- sign-in');
      await inspect(page, look, 'signed-out');
      await page.goto(backstay.signInLink);
      await expect(page.getByText(/used already, or is too old/)).toBeVisible();
      await inspect(page, look, 'used-link');
      await page.context().close();
    }
  });
});
