import fs from 'node:fs';
import path from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { type BackstayProcess, startBackstay } from '../harness/backstay-process.ts';
import { signIn, watchConsole } from '../harness/console-pages.ts';
import { applyCommandProcedure } from '../harness/custom-procedure.ts';
import { applyRepositoryObjects, applySchedule, logIn } from '../harness/existing-user.ts';
import { findKubectl, type Kubectl, kubectlFor } from '../harness/kubectl.ts';

/** Text that a careless console would run. */
const hostile = `<img src=x onerror=document.title=1><script>document.title=1</script>`;

test.describe('the page of a job', () => {
  test.skip(!findKubectl(), 'kubectl is missing');
  let backstay: BackstayProcess;
  let kubectl: Kubectl;
  let token: string;

  const schedule = (name: string, make: string) =>
    applySchedule(kubectl, {
      ...{ name, template: 'command', templateKind: 'ClusterBackupProcedureTemplate' },
      ...{ params: { make, restore: 'cat >/dev/null' } },
      ...{ repository: backstay.endpoints().repository, collection: 'jobs', token },
    });
  const runNow = async (page: Page, name: string) => {
    await page.goto(`${backstay.url}/schedules/default/${name}`);
    await page.getByRole('button', { name: 'Run now' }).click();
    await expect(page.getByRole('heading', { name: `Backup of ${name}` })).toBeVisible();
  };

  test.beforeEach(async ({ page }) => {
    backstay = await startBackstay();
    kubectl = kubectlFor(path.join(backstay.home, 'kubeconfig'));
    applyRepositoryObjects(kubectl, 'jobs', { maxOneVersionSize: '100M', maxCollectionSize: '500M' });
    applyCommandProcedure(kubectl);
    token = await logIn(backstay);
    await signIn(page, backstay);
  });
  test.afterEach(async () => {
    expect(await backstay.stop()).toBe(0);
    fs.rmSync(backstay.home, { recursive: true, force: true });
  });

  test('says why a backup failed and what to do, and shows hostile text as text', async ({ page }) => {
    const trouble = watchConsole(page);
    const failures = [
      { name: 'exits', command: `head -c 100000 /dev/urandom; echo "${hostile}" >&2; exit 3`, says: /exit code 3/ },
      { name: 'killed', command: 'head -c 100000 /dev/urandom; kill -9 $$', says: /SIGKILL/ },
    ];
    for (const { name, command, says } of failures) {
      schedule(name, command);
      await runNow(page, name);
      const verdict = page.locator('.bs-failure');
      await expect(verdict).toContainText('This backup failed: Reading the data', { timeout: 30_000 });
      await expect(verdict).toContainText(says);
      await expect(verdict).toContainText('What to do:');
      await expect(verdict).toContainText('Nothing of it was stored');
      await expect(page.getByRole('status').getByText('Complete')).toBeVisible();
      if (process.env['BACKSTAY_E2E_SHOTS'])
        await page.screenshot({ path: path.join(process.env['BACKSTAY_E2E_SHOTS'], `job-${name}.png`) });
      if (name !== 'exits') continue;
      await expect(verdict.locator('pre')).toContainText(hostile);
      await expect(page.getByRole('log')).toContainText(hostile);
    }
    await expect(page).not.toHaveTitle('1');
    expect(trouble).toEqual([]);
  });

  test('shows the log while the job runs, and cancels it', async ({ page }) => {
    schedule('slow', 'for i in $(seq 300); do head -c 200000 /dev/urandom; echo "line $i" >&2; sleep 0.1; done');
    await runNow(page, 'slow');
    const log = page.getByRole('log');
    await expect(log).toContainText('line 5');
    await expect(page.getByRole('status').getByText('Live')).toBeVisible();
    await expect(page.getByText(/MiB so far, .*\/s/)).toBeVisible();
    if (process.env['BACKSTAY_E2E_SHOTS'])
      await page.screenshot({ path: path.join(process.env['BACKSTAY_E2E_SHOTS'], 'job-live.png') });
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel the backup' }).click();
    await expect(page.getByText(/^(Warning alert:)?Cancelled by /)).toBeVisible();
    await expect(page.getByText('No backup was stored by it.')).toBeVisible();
    await expect(page.getByRole('status').getByText('Complete')).toBeVisible();
    if (process.env['BACKSTAY_E2E_SHOTS'])
      await page.screenshot({ path: path.join(process.env['BACKSTAY_E2E_SHOTS'], 'job-cancelled.png') });
  });
});
