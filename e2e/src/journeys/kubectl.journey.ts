import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { type BackstayProcess, startBackstay } from '../harness/backstay-process.ts';
import {
  applyRepositoryObjects,
  applySchedule,
  listVersions,
  logIn,
  requestAction,
  succeeds,
} from '../harness/existing-user.ts';
import { findKubectl, type Kubectl, kubectlFor } from '../harness/kubectl.ts';
import { startPostgres } from '../harness/postgres-server.ts';
import { describeFolder, makeSampleFolder } from '../harness/sample-folder.ts';

const collection = 'iwa-ait';

test.describe('with kubectl only, as an existing user', () => {
  test.skip(!findKubectl(), 'kubectl is missing');
  let backstay: BackstayProcess;
  let kubectl: Kubectl;
  let token: string;

  test.beforeEach(async () => {
    backstay = await startBackstay();
    kubectl = kubectlFor(path.join(backstay.home, 'kubeconfig'));
    applyRepositoryObjects(kubectl, collection);
    token = await logIn(backstay);
  });
  test.afterEach(async () => {
    expect(await backstay.stop()).toBe(0);
    fs.rmSync(backstay.home, { recursive: true, force: true });
  });

  test('PostgreSQL by the internal procedure pg15: backup, change, restore', async () => {
    const server = await startPostgres();
    server.sql('postgres', 'create database app1');
    server.sql(
      'app1',
      "create table movies (id serial primary key, title text); insert into movies (title) values ('first')",
    );
    const params = {
      hostname: '127.0.0.1',
      port: server.port,
      db: 'app1',
      user: 'backstay',
      password: server.password,
    };
    const repository = backstay.endpoints().repository;
    applySchedule(kubectl, { name: 'app1', template: 'pg15', params, repository, collection, token });

    requestAction(kubectl, { name: 'iwa-ait-v1-backup', schedule: 'app1', action: 'backup' });
    await succeeds(kubectl, 'iwa-ait-v1-backup');
    expect(await listVersions(backstay, token, collection)).toMatchObject([{ versionNumber: 1 }]);
    expect(kubectl.get('scheduledbackup', 'app1')).toMatchObject({ status: { healthy: true } });

    server.sql('app1', "insert into movies (title) values ('second')");
    requestAction(kubectl, { name: 'iwa-ait-v1-restore', schedule: 'app1', action: 'restore' });
    await succeeds(kubectl, 'iwa-ait-v1-restore');
    expect(server.sql('app1', 'select title from movies').trim()).toBe('first');
    await server.stop();
  });

  test('files by the internal procedure tar: restore of latest and of a chosen version', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'backstay-files-'));
    const data = path.join(folder, 'data');
    makeSampleFolder(data, { files: 20, totalBytes: 60_000, bigFileBytes: 20_000 });
    const repository = backstay.endpoints().repository;
    applySchedule(kubectl, { name: 'files', template: 'tar', params: { path: data }, repository, collection, token });

    const first = describeFolder(data);
    requestAction(kubectl, { name: 'backup-1', schedule: 'files', action: 'backup' });
    await succeeds(kubectl, 'backup-1');
    fs.writeFileSync(path.join(data, 'newer'), 'newer');
    const second = describeFolder(data);
    requestAction(kubectl, { name: 'backup-2', schedule: 'files', action: 'backup' });
    await succeeds(kubectl, 'backup-2');
    fs.writeFileSync(path.join(data, 'newest'), 'newest');

    requestAction(kubectl, { name: 'restore-latest', schedule: 'files', action: 'restore' });
    await succeeds(kubectl, 'restore-latest');
    expect(describeFolder(data)).toEqual(second);

    requestAction(kubectl, { name: 'restore-1', schedule: 'files', action: 'restore', targetVersion: 'v1' });
    await succeeds(kubectl, 'restore-1');
    expect(describeFolder(data)).toEqual(first);
    fs.rmSync(folder, { recursive: true, force: true });
  });
});
