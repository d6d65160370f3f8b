import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ConnectionFault, FaultyProxy } from '../testing/faulty-proxy.ts';
import { refuse, TestRepository } from '../testing/repository-servers.ts';
import { runClient } from '../testing/run-client.ts';

let server: TestRepository;
let folder: string;
const data = randomBytes(20_000_000);

beforeEach(async () => {
  server = await TestRepository.start('new');
  folder = mkdtempSync(join(tmpdir(), 'broken-'));
  writeFileSync(join(folder, 'dump'), data);
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const make = (url: string) => runClient(['make', '-c', `cat ${folder}/dump`], { ...server.environment, BM_URL: url });
const restore = (url: string) =>
  runClient(['restore', '-c', `cat > ${folder}/result && touch ${folder}/eof`], { ...server.environment, BM_URL: url });
const result = (): Buffer => readFileSync(join(folder, 'result'));

const cut: fc.Arbitrary<ConnectionFault> = fc.record({
  kind: fc.constant('cut'),
  direction: fc.constantFrom('up', 'down'),
  after: fc.oneof(fc.nat(2000), fc.nat(20_000_000)),
});

describe('an upload', () => {
  it('survives cuts at any byte, in both directions', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(cut, { maxLength: 6 }), async (faults) => {
        await using proxy = await FaultyProxy.start(server.url, faults);
        const before = server.versions.length;
        const run = await make(proxy.url);
        expect(run.exitCode, run.stderr).toBe(0);
        expect(server.versions.length).toBe(before + 1);
        expect(server.versions.at(-1)?.bytes.equals(data)).toBe(true);
      }),
      { numRuns: 8 },
    );
  });

  it.each([
    ['server takes nothing any more', { kind: 'stall', direction: 'up', after: 3_000_000 }],
    ['server says nothing any more', { kind: 'stall', direction: 'down', after: 1 }],
  ] as const)('finds another connection when the %s', async (_, fault) => {
    // The first connection reserves.
    const whole = { kind: 'cut', direction: 'up', after: Number.MAX_SAFE_INTEGER } as const;
    await using proxy = await FaultyProxy.start(server.url, [whole, fault]);
    const run = await make(proxy.url);
    expect(run.exitCode, run.stderr).toBe(0);
    expect(proxy.left).toBe(0);
    expect(server.versions[0]?.bytes.equals(data)).toBe(true);
  });
});

describe('a download', () => {
  it('survives cuts at any byte, in both directions', async () => {
    server.store(data);
    await fc.assert(
      fc.asyncProperty(fc.array(cut, { maxLength: 6 }), async (faults) => {
        await using proxy = await FaultyProxy.start(server.url, faults);
        const run = await restore(proxy.url);
        expect(run.exitCode, run.stderr).toBe(0);
        expect(result().equals(data)).toBe(true);
      }),
      { numRuns: 8 },
    );
  });

  it.each([0, 100, 5_000_000])('finds another connection when nothing comes after %s bytes', async (after) => {
    server.store(data);
    await using proxy = await FaultyProxy.start(server.url, [{ kind: 'stall', direction: 'down', after }]);
    const run = await restore(proxy.url);
    expect(run.exitCode, run.stderr).toBe(0);
    expect(result().equals(data)).toBe(true);
  });

  it('waits for a server that is away for a moment, at the beginning and in the middle', async () => {
    server.store(data);
    server.cutDownloadAfter = [1_000_000, 1_000_000];
    let times = 0;
    server.intervene = (_, response) => {
      times++;
      if (![1, 2, 4, 5].includes(times)) return false;
      refuse(response, 503, 'starting');
      return true;
    };
    const run = await restore(server.url);
    expect(run.exitCode, run.stderr).toBe(0);
    expect(result().equals(data)).toBe(true);
    expect(times).toBe(7);
  });

  it('is not given up while a command is slow to read', async () => {
    server.store(data);
    const slow = `sleep 2.5; cat > ${folder}/result`;
    const run = await runClient(['restore', '-c', slow], server.environment);
    expect(run.exitCode, run.stderr).toBe(0);
    expect(result().equals(data)).toBe(true);
    expect(server.requests).toHaveLength(1);
  });
});
