import { access, readdir } from 'node:fs/promises';
import path from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningRepository } from '../start-repository.ts';
import { call } from '../testing/api.ts';
import { armoured } from '../testing/messages.ts';
import { postgresIsThere } from '../testing/postgres-server.ts';
import { findS3Server, type S3TestServer, startS3Server } from '../testing/s3-server.ts';
import { createOldInstallation, type OldInstallation, oldToken, oldVersion } from './old-installation.ts';
import { takeOver } from './take-over.ts';

const missing = [
  ...(postgresIsThere() ? [] : ['initdb and pg_ctl']),
  ...(findS3Server() === undefined ? ['an S3 server'] : []),
];
const label = missing.length > 0 ? ` (needs ${missing.join(' and ')})` : '';

const versions = [1, 2, 3].map((number) => oldVersion('shop-db', number, { filename: `shop-db-${number}.tar.gz` }));
const free = oldVersion('free', 1, { filename: 'nightly/../db "prod" 1.gz' });

describe.skipIf(missing.length > 0)(`a bucket of the old server in S3${label}`, () => {
  let s3: S3TestServer;
  let old: OldInstallation;
  let server: RunningRepository | undefined;
  const token = oldToken();
  const collections = '/api/alpha/repository/collection';
  const asked = (target: string, body?: Uint8Array) =>
    call({ url: server?.url ?? '' }, target, { token, ...(body ? { body } : {}) });
  const download = async (name: string): Promise<Buffer> => {
    const response = await fetch(`${server?.url}${collections}/${name}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(response.status, response.ok ? '' : await response.text()).toBe(200);
    return Buffer.from(await response.arrayBuffer());
  };

  beforeAll(async () => {
    s3 = await startS3Server();
    const client = new S3Client({
      ...{ endpoint: `http://127.0.0.1:${s3.port}`, region: 'us-east-1', forcePathStyle: true },
      credentials: s3.credentials,
    });
    old = await createOldInstallation({
      folder: path.join(s3.folder, s3.bucket),
      put: async (key, body) => {
        await client.send(new PutObjectCommand({ Bucket: s3.bucket, Key: key, Body: body }));
      },
    });
    for (const version of versions) {
      await old.addVersion(version);
    }
    await old.addVersion(free, 'nightly/..__0x2f__db "prod" 1.gz');
    await old.putCollection('shop-db', { filenameTemplate: 'shop-db-${version}.tar.gz', maxBackupsCount: 3 });
    await old.putCollection('free', { filenameTemplate: 'db-${version}.gz', maxBackupsCount: 1 });
    await old.grant(token);
    server = await takeOver(old, {
      BR_STORAGE_DRIVER_URL: s3.url(),
      AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
    });
  });
  afterAll(async () => {
    await server?.stop();
    await old?.remove();
    await s3?.stop();
  });

  it('is read as it is', async () => {
    for (const version of versions) {
      expect((await download(`shop-db/version/${version.number}`)).equals(version.content)).toBe(true);
    }
    expect((await download('free/version/latest')).equals(free.content)).toBe(true);
  });

  it('is continued, and rotated', async () => {
    const body = armoured(500);
    const answer = await asked(`POST ${collections}/shop-db/version`, body);
    expect([answer.status, answer.body.data.version?.versionNumber], answer.text).toEqual([200, 4]);
    expect((await download('shop-db/version/4')).equals(body)).toBe(true);
    expect((await asked(`POST ${collections}/free/version`, body)).body.data.version).toMatchObject({
      filename: 'db-2.gz',
    });
    expect((await readdir(path.join(old.bucket, 'shop-db'))).sort()).toEqual(
      [2, 3, 4].map((number) => `shop-db-${number}.tar.gz`),
    );
    await expect(access(path.join(old.bucket, 'free/nightly/..__0x2f__db "prod" 1.gz'))).rejects.toThrow('ENOENT');
  });
});
