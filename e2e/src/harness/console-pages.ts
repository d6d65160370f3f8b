import { expect, type Page } from '@playwright/test';
import type { BackstayProcess } from './backstay-process.ts';

/** Every message that a healthy console never prints: errors of scripts, refused by the content security policy, … */
export function watchConsole(page: Page): string[] {
  const seen: string[] = [];
  page.on('pageerror', (error) => seen.push(error.message));
  page.on('console', (message) => {
    // The browser itself notes a reply of 4xx, which a form with bad input gets by design.
    if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) seen.push(message.text());
  });
  return seen;
}

export async function signIn(page: Page, backstay: BackstayProcess): Promise<void> {
  await page.goto(backstay.signInLink);
  await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible();
  expect(page.url()).not.toContain('#');
}

export const next = (page: Page) => page.getByRole('button', { name: 'Next', exact: true }).click();

/** Goes through the create wizard from its first step to the job that it starts. */
export async function createSchedule(
  page: Page,
  wizard: { name: string; procedure?: string; fill: Record<string, string>; look?: (step: string) => Promise<void> },
): Promise<void> {
  const look = wizard.look ?? (async () => undefined);
  if (wizard.procedure) await page.getByRole('radio', { name: wizard.procedure }).check({ force: true });
  await page.getByLabel('Name of the schedule').fill(wizard.name);
  await look('what');
  await next(page);
  for (const [label, value] of Object.entries(wizard.fill))
    await page.getByLabel(label, { exact: false }).first().fill(value);
  await look('details');
  await next(page);
  await expect(page.getByLabel('Name of the collection')).toBeVisible();
  await look('where');
  await next(page);
  await expect(page.getByText('Time zone')).toBeVisible();
  await look('when');
  await next(page);
  await expect(page.getByText('The cluster accepts this')).toBeVisible();
  await look('review');
  await page.getByRole('button', { name: 'Create schedule' }).click();
  await expect(page.getByRole('heading', { name: `Backup of ${wizard.name}` })).toBeVisible();
}

/** Goes through the restore wizard, in place, to the job that it starts. */
export async function restoreInPlace(
  page: Page,
  wizard: { schedule: string; look?: (step: string) => Promise<void> },
): Promise<void> {
  const look = wizard.look ?? (async () => undefined);
  await page.getByRole('link', { name: 'Restore from it' }).click();
  await expect(
    page.getByText('What do you want back?').or(page.getByText('of writes since then will be lost')),
  ).toBeVisible();
  if (await page.getByText('What do you want back?').isVisible()) {
    await look('restore-which');
    await next(page);
  }
  await expect(page.getByText('of writes since then will be lost')).toBeVisible();
  await look('restore-when');
  await next(page);
  await expect(page.getByRole('radio', { name: 'In place' })).toBeChecked();
  await look('restore-where');
  await next(page);
  await expect(page.getByRole('list', { name: 'Checks' })).toBeVisible({ timeout: 30_000 });
  await look('restore-check');
  await next(page);
  await page.getByLabel(`Type ${wizard.schedule} to confirm`).fill(wizard.schedule);
  await look('restore-confirm');
  await page.getByRole('button', { name: 'Start the restore' }).click();
  await expect(page.getByRole('heading', { name: `Restore of ${wizard.schedule}` })).toBeVisible();
}
