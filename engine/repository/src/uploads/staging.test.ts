import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { BlobStore } from '../blobs/blob-store.ts';
import { openFilesystemBlobs } from '../blobs/filesystem-blob-store.ts';
import { armoured, sha256 } from '../testing/messages.ts';
import { Staging } from './staging.ts';

let home: string;
let blobs: BlobStore;
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'backstay-staging-'));
  blobs = await openFilesystemBlobs(home);
});
afterEach(() => rm(home, { recursive: true, force: true }));

const upload = { id: '11111111-1111-4111-8111-111111111111', maxBytes: 10_000_000 };
const of = (...pieces: Uint8Array[]) =>
  async function* () {
    yield* pieces.map((piece) => Uint8Array.from(piece));
  };

it('goes on with what another server received meanwhile', async () => {
  const message = armoured(300_000);
  const [here, there] = [new Staging(blobs, upload), new Staging(blobs, upload)];
  await here.append(of(message.subarray(0, 1000)), { offset: 0 });
  await there.append(of(message.subarray(1000, 2000)), { offset: 1000 });
  expect((await here.summary()).bytes).toBe(2000);
  await expect(here.append(of(message.subarray(1000)), { offset: 1000 })).rejects.toMatchObject({ offset: 2000 });
  await here.append(of(message.subarray(2000)), { offset: 2000 });
  for (const staging of [here, there]) {
    expect(await staging.summary()).toEqual({ bytes: message.length, sha256: sha256(message), problem: undefined });
  }
});

it('counts once, however many ask while it goes on after a restart', async () => {
  const message = armoured(2_000_000);
  await new Staging(blobs, upload).append(of(message.subarray(0, 1_500_000)), { offset: 0 });
  const staging = new Staging(blobs, upload);
  const asked = Array.from({ length: 5 }, () => staging.summary());
  await staging.append(of(message.subarray(1_500_000, 1_800_000), message.subarray(1_800_000)), { offset: 1_500_000 });
  await Promise.all(asked);
  expect(await staging.summary()).toEqual({ bytes: message.length, sha256: sha256(message), problem: undefined });
});

it('takes nothing more of a connection once another one continues', async () => {
  const message = armoured(3000);
  const staging = new Staging(blobs, upload);
  const source = async function* () {
    yield Uint8Array.from(message.subarray(0, 1000));
    staging.cancel();
    yield Uint8Array.from(message.subarray(1000, 2000));
  };
  await expect(staging.append(source, { offset: 0 })).rejects.toThrow('another connection continues');
  await staging.append(of(message.subarray(1000)), { offset: 1000 });
  expect(await staging.summary()).toEqual({ bytes: message.length, sha256: sha256(message), problem: undefined });
});
