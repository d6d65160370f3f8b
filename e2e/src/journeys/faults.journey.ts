import fs from 'node:fs';
import path from 'node:path';
import type { Job } from '@backstay/shared';
import { expect, test } from '@playwright/test';
import { type BackstayProcess, startBackstay } from '../harness/backstay-process.ts';
import { applyCommandProcedure } from '../harness/custom-procedure.ts';
import {
  actionEnds,
  applyRepositoryObjects,
  applySchedule,
  listVersions,
  logIn,
  logOf,
  requestAction,
  succeeds,
} from '../harness/existing-user.ts';
import { findKubectl, type Kubectl, kubectlFor } from '../harness/kubectl.ts';

const collection = 'faults';
const goodDump = 'head -c 100000 /dev/urandom';
const slowDump = 'for i in $(seq 200); do head -c 4000 /dev/urandom; sleep 0.1; done';
const slowLoader = 'cat >/dev/null; sleep 60';

test.describe('faults', () => {
  test.skip(!findKubectl(), 'kubectl is missing');
  let backstay: BackstayProcess;
  let kubectl: Kubectl;
  let token: string;

  const connect = () => {
    kubectl = kubectlFor(path.join(backstay.home, 'kubeconfig'));
  };
  const schedule = (name: string, make: string, restore = 'cat >/dev/null') =>
    applySchedule(kubectl, {
      ...{ name, template: 'command', templateKind: 'ClusterBackupProcedureTemplate', params: { make, restore } },
      ...{ repository: backstay.endpoints().repository, collection, token },
    });
  const versions = () => listVersions(backstay, token, collection);

  test.beforeEach(async () => {
    backstay = await startBackstay();
    connect();
    applyRepositoryObjects(kubectl, collection, { maxOneVersionSize: '100M', maxCollectionSize: '500M' });
    applyCommandProcedure(kubectl);
    token = await logIn(backstay);
    schedule('good', goodDump, slowLoader);
    requestAction(kubectl, { name: 'good', schedule: 'good', action: 'backup' });
    await succeeds(kubectl, 'good');
  });
  test.afterEach(async () => {
    expect(await backstay.stop()).toBe(0);
    fs.rmSync(backstay.home, { recursive: true, force: true });
  });

  const failures = [
    {
      name: 'writes 10 MB and exits 1',
      command: 'head -c 10000000 /dev/urandom; exit 1',
      says: /stage=dump.*exitCode=1/,
    },
    { name: 'is killed by SIGKILL', command: 'head -c 10000000 /dev/urandom; kill -9 $$', says: /stage=dump.*SIGKILL/ },
  ];
  for (const { name, command, says } of failures) {
    test(`a dump that ${name} stores nothing`, async () => {
      const before = { versions: await versions(), files: storedFiles(backstay.home) };
      schedule('bad', command);
      requestAction(kubectl, { name: 'bad', schedule: 'bad', action: 'backup' });
      const action = await actionEnds(kubectl, 'bad');
      expect(action.status?.healthy ?? false).toBe(false);
      expect(action.status?.childrenResourcesHealth).toMatchObject([{ failed: true }]);
      expect(await versions()).toEqual(before.versions);
      expect(storedFiles(backstay.home)).toEqual(before.files);
      const log = kubectl.run('logs', '-l', 'backstay.riotkit.org/action=bad', '-c', 'backup-maker', '--tail=-1');
      expect(log).toMatch(says);
    });
  }

  const interrupted = [
    { what: 'an upload', schedule: 'slow', make: slowDump, action: 'backup' as const },
    { what: 'a restore', schedule: 'good', make: goodDump, action: 'restore' as const },
  ];
  for (const { what, schedule: name, make, action } of interrupted) {
    test(`kill -9 of everything during ${what}`, async () => {
      const before = { versions: await versions(), files: storedFiles(backstay.home) };
      schedule(name, make, slowLoader);
      requestAction(kubectl, { name: 'cut', schedule: name, action });
      await runs(kubectl, 'cut');
      const acknowledged = writeConfigMaps(kubectl);
      await backstay.kill();

      backstay = await startBackstay(backstay.home);
      connect();
      const ended = await actionEnds(kubectl, 'cut');
      expect(ended.status?.childrenResourcesHealth).toMatchObject([{ failed: true }]);
      expect(ended.status?.childrenResourcesHealth?.[0]?.message).not.toBe('');
      expect(kubectl.run('get', 'configmaps', '-o', 'name').split('\n')).toEqual(expect.arrayContaining(acknowledged));
      expect(await versions()).toEqual(before.versions);
      expect(storedFiles(backstay.home)).toEqual(before.files);
      expect(processesOf(backstay.home)).toEqual([]);
    });
  }

  test('kill -9 while idle: nothing is lost and the next backup works', async () => {
    const before = {
      versions: await versions(),
      names: kubectl.run('get', 'jobs,secrets,scheduledbackups', '-o', 'name'),
    };
    await backstay.kill();
    backstay = await startBackstay(backstay.home);
    connect();
    expect(await versions()).toEqual(before.versions);
    expect(kubectl.run('get', 'jobs,secrets,scheduledbackups', '-o', 'name')).toBe(before.names);
    requestAction(kubectl, { name: 'again', schedule: 'good', action: 'backup' });
    await succeeds(kubectl, 'again');
  });
});

/** Every file below the blobs of the repository: versions, and whatever else lies there. */
function storedFiles(home: string): string[] {
  const root = path.join(home, 'repository', 'blobs');
  return fs
    .readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}

async function runs(kubectl: Kubectl, action: string): Promise<void> {
  const selector = `backstay.riotkit.org/action=${action}`;
  await expect
    .poll(() => kubectl.get<{ items: Job[] }>('jobs', '-l', selector).items[0]?.status?.active ?? 0, {
      timeout: 20_000,
    })
    .toBe(1);
  // The client says so in its log once bytes flow.
  await expect.poll(() => logOf(kubectl, action), { timeout: 20_000 }).toMatch(/backup-maker|Progress|level=info/);
}

function writeConfigMaps(kubectl: Kubectl): string[] {
  return Array.from({ length: 5 }, (_, index) => {
    kubectl.run('create', 'configmap', `acknowledged-${index}`, `--from-literal=index=${index}`);
    return `configmap/acknowledged-${index}`;
  });
}

/** Processes of Pods of this home that still live, by the marker in their environment. */
function processesOf(home: string): string[] {
  return fs
    .readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        const environment = fs.readFileSync(`/proc/${pid}/environ`, 'utf8');
        return environment.includes('BACKSTAY_POD_UID=') && environment.includes(home);
      } catch {
        return false;
      }
    });
}
