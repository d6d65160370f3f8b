import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { sha256 } from '../harness/repository-api.ts';
import { Bench } from './bench.ts';
import type { FaultCase, FaultRun } from './fault-case.ts';
import { message } from './messages.ts';

const maxTotalBytes = 200 * 1024;
const ends = ['finalise', 'finalise', 'finalise', 'abort', 'mismatch'] as const;

interface Racer {
  body: Buffer;
  declared: boolean;
  end: (typeof ends)[number];
}

const racer = ({ random }: FaultRun): Racer => ({
  body: message(random, random.int(10, 20_000)),
  declared: random.int(0, 2) === 0,
  end: random.pick(ends),
});

async function race({ api }: Bench, run: FaultRun, { body, declared, end }: Racer): Promise<void> {
  const wanted = declared ? { expectedBytes: body.length } : {};
  const opened = await api.call('POST', 'uploads', { key: randomUUID(), ...wanted });
  if (opened.status !== 201) {
    if (opened.status !== 413 && opened.status !== 507) run.broken(`a loser is answered ${opened.status}`);
    return;
  }
  const { id, maxBytes } = opened.data.upload;
  const sent = await api.append(id, body);
  const fits = body.length <= maxBytes;
  if (fits !== (sent.status === 200)) run.broken(`${body.length} of ${maxBytes} bytes are answered ${sent.status}`);
  if (end === 'abort') await api.call('DELETE', `uploads/${id}`);
  else {
    const digest = end === 'mismatch' ? sha256(Buffer.from('x')) : sha256(body);
    await api.call('POST', `uploads/${id}/finalise`, { sha256: digest, size: body.length });
  }
}

async function watchQuota({ api }: Bench, run: FaultRun, racing: () => boolean): Promise<void> {
  while (racing()) {
    const { usedBytes, reservedBytes } = await api.usage();
    if (usedBytes + reservedBytes > maxTotalBytes) run.broken(`${usedBytes} + ${reservedBytes} bytes exceed the quota`);
  }
}

/** What no longer counts is stored nowhere. */
async function checkNothingLeaks({ api, repository }: Bench, run: FaultRun, name: string): Promise<void> {
  const folder = path.join(repository.home, 'blobs', name);
  const files = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  const stored = files.reduce((sum, file) => sum + fs.statSync(path.join(folder, file)).size, 0);
  const listed = (await api.list()).reduce((sum, { filesize }) => sum + filesize, 0);
  const { usedBytes } = await api.usage();
  if (stored !== listed || usedBytes !== listed) {
    run.broken(`${name}: ${stored} bytes are stored, ${listed} listed, ${usedBytes} counted`);
  }
}

/** Most rounds are small, as most races are. */
const racersIn = (round: number): number => {
  const place = round % 40;
  if (place === 1) return 50;
  return place % 13 === 2 ? 10 : 2;
};

/** Gives the number of versions that were stored. */
async function playRound(bench: Bench, run: FaultRun, round: number): Promise<number> {
  const name = `race-${round}`;
  bench.use(name, { maxBackupsCount: 1000, maxOneVersionSize: '100B', maxCollectionSize: '200K' });
  let racing = true;
  const races = Array.from({ length: racersIn(round) }, () => race(bench, run, racer(run)));
  const raced = Promise.all(races).finally(() => {
    racing = false;
  });
  await Promise.all([raced, watchQuota(bench, run, () => racing)]);
  run.injected();
  const versions = await bench.check(run, { what: `round ${round}`, settled: true });
  await checkNothingLeaks(bench, run, name);
  return versions.length;
}

export const quotaRace: FaultCase = {
  name: 'T14',
  explains: '2, 10 and 50 uploads at once that do not all fit into the quota',
  run: async (run) => {
    await using bench = await Bench.start();
    let stored = 0;
    for (let round = 0; round < run.rounds(12, 5000); round += 1) stored += await playRound(bench, run, round);
    if (stored === 0) run.broken('nobody ever won');
  },
};
