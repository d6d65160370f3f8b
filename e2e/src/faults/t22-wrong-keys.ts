import fs from 'node:fs';
import path from 'node:path';
import { runClient } from '../harness/client-process.ts';
import { GpgKey } from '../harness/gpg-key.ts';
import { Bench } from './bench.ts';
import type { FaultCase, FaultRun } from './fault-case.ts';
import { load } from './loader.ts';
import { storedMessage } from './stored-message.ts';

interface Wrong {
  readonly what: string;
  readonly more: NodeJS.ProcessEnv;
  readonly exitCode: number;
}

async function restore(bench: Bench, run: FaultRun, { what, more, exitCode }: Wrong): Promise<void> {
  const ended = await load({ ...bench.environment(), ...more });
  run.injected();
  if (ended.exitCode !== exitCode) run.broken(`${what}: exit code ${ended.exitCode} instead of ${exitCode}`);
  if (ended.bytes !== undefined) run.broken(`${what}: the loader was started`);
}

async function make(bench: Bench, run: FaultRun, { what, more, exitCode }: Wrong): Promise<void> {
  const started = path.join(bench.repository.home, 'started');
  const ended = await runClient(['make', '-c', `touch ${started}; echo x`], { ...bench.environment(), ...more });
  run.injected();
  if (ended.exitCode !== exitCode) run.broken(`${what}: exit code ${ended.exitCode} instead of ${exitCode}`);
  if (fs.existsSync(started)) run.broken(`${what}: the dump was started`);
  if ((await bench.check(run, { what, settled: true })).length > 0) run.broken(`${what}: stored`);
}

export const wrongKeys: FaultCase = {
  name: 'T22',
  explains:
    'another key, no key file, a wrong passphrase, a recipient that is not there: told apart, nothing is loaded',
  run: async (run) => {
    await using bench = await Bench.start();
    using other = new GpgKey();
    using locked = new GpgKey({ passphrase: 'right passphrase' });
    await storedMessage(bench, 'echo secret');
    bench.accept(await bench.api.list());
    const lockedKey = { BM_PRIVATE_KEY_PATH: locked.privatePath };
    const empty = path.join(bench.repository.home, 'empty.asc');
    fs.writeFileSync(empty, '');
    const absent = { BM_RECIPIENT: 'nobody@example.org' };
    const reading: Wrong[] = [
      { what: 'another key', more: { BM_PRIVATE_KEY_PATH: other.privatePath }, exitCode: 22 },
      { what: 'no key file', more: { BM_PRIVATE_KEY_PATH: '/no/such/key' }, exitCode: 3 },
      { what: 'an empty key file', more: { BM_PRIVATE_KEY_PATH: empty }, exitCode: 3 },
      { what: 'a public key', more: { BM_PRIVATE_KEY_PATH: bench.key.publicPath }, exitCode: 3 },
      { what: 'no such recipient', more: absent, exitCode: 3 },
      { what: 'a wrong passphrase', more: { ...lockedKey, BM_PASSPHRASE: 'wrong' }, exitCode: 4 },
      { what: 'no passphrase', more: { ...lockedKey, BM_PASSPHRASE: '' }, exitCode: 4 },
      {
        what: 'the right passphrase of another key',
        more: { ...lockedKey, BM_PASSPHRASE: 'right passphrase' },
        exitCode: 22,
      },
    ];
    const writing: Wrong[] = [
      { what: 'make, no such recipient', more: absent, exitCode: 3 },
      { what: 'make, no key file', more: { BM_PUBLIC_KEY_PATH: '/no/such/key' }, exitCode: 3 },
    ];
    for (let round = 0; round < run.rounds(1, 10); round += 1) {
      for (const wrong of reading) await restore(bench, run, wrong);
      for (const wrong of writing) await make(bench, run, wrong);
    }
  },
};
