import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { startClient } from '../harness/client-process.ts';
import type { PostgresServer } from '../harness/postgres-server.ts';
import { sha256 } from '../harness/repository-api.ts';
import { Bench } from './bench.ts';
import type { FaultCase, FaultRun } from './fault-case.ts';
import { message } from './messages.ts';
import { needsPostgres, role, startDatabase } from './replicas.ts';

const dump = 'for i in $(seq 12); do head -c 100000 /dev/urandom; sleep 0.05; done';
/** The outcome is unknown to the client: the version may be there or not. */
const unknownOutcome = 15;
const recovery = 10_000;

interface Away {
  readonly what: string;
  /** Resolves when PostgreSQL takes requests again. Runs `whileAway` at a time when it certainly takes none. */
  away(postgres: PostgresServer, run: FaultRun, whileAway: (time: number) => Promise<void>): Promise<void>;
}

const restart: Away = {
  what: 'PostgreSQL is restarted',
  away: (postgres, { random }, whileAway) => postgres.restart(() => whileAway(random.int(0, 2000))),
};
const pause: Away = {
  what: 'PostgreSQL stands still',
  away: async (postgres, { long }, whileAway) => {
    postgres.pause();
    // Longer than a check of readiness waits.
    await whileAway(long ? 30_000 : 6_000);
    postgres.resume();
  },
};
const exhausted: Away = {
  what: 'PostgreSQL has no connection to spare',
  away: async (postgres, { random }, whileAway) => {
    const breakOff = `select pg_terminate_backend(pid) from pg_stat_activity where usename = '${role}'`;
    postgres.sql('postgres', `alter role ${role} connection limit 0; ${breakOff}`);
    await whileAway(random.int(1000, 3000));
    postgres.sql('postgres', `alter role ${role} connection limit -1`);
  },
};

const isReady = async (url: string): Promise<boolean> => {
  const reply = await fetch(`${url}/ready?code=health`);
  await reply.text();
  return reply.status === 200;
};

/** Whether a check that began and ended within the time said that all is well. */
async function readyWithin(url: string, time: number): Promise<boolean> {
  let over = false;
  const ended = delay(time).then(() => {
    over = true;
  });
  const answers: boolean[] = [];
  while (!over) {
    const ready = await isReady(url);
    if (!over) answers.push(ready);
    await delay(100);
  }
  await ended;
  return answers.includes(true);
}

async function comesBack(url: string): Promise<number> {
  const since = performance.now();
  while (!(await isReady(url)) && performance.now() - since < 3 * recovery) await delay(50);
  return performance.now() - since;
}

interface Struck {
  readonly bench: Bench;
  readonly postgres: PostgresServer;
  readonly run: FaultRun;
}

async function hurt({ bench, postgres, run }: Struck, { what, away }: Away): Promise<void> {
  const { url } = bench.repository;
  await away(postgres, run, async (time) => {
    if (await readyWithin(url, time)) run.broken(`${what}: the repository says that it is ready`);
  });
  const milliseconds = await comesBack(url);
  if (milliseconds > recovery) run.broken(`${what}: back ${Math.round(milliseconds)} ms after it`);
}

/** While the client sends, or while it commits. */
async function duringStream(struck: Struck, away: Away): Promise<void> {
  const { bench, run } = struck;
  const { end } = startClient(['make', '-c', dump], { ...bench.environment(), BM_TIMEOUT: '120' });
  await delay(run.random.int(100, 1800));
  await hurt(struck, away);
  const { exitCode, log } = await end;
  run.injected();
  const what = `${away.what} while a client sends`;
  const stored = await bench.check(run, { what, settled: false });
  if (exitCode === 0 && stored.length !== 1)
    run.broken(`${what}: acknowledged, and ${stored.length} versions are there`);
  if (exitCode !== 0 && exitCode !== unknownOutcome && stored.length > 0) run.broken(`${what}: failed, and yet stored`);
  if (stored.length > 1) run.broken(`${what}: ${stored.length} versions of one backup: ${log}`);
  bench.accept(stored);
}

async function duringCommit(struck: Struck, away: Away): Promise<void> {
  const { bench, run } = struck;
  const { api } = bench;
  const body = message(run.random, 20_000);
  const opened = await api.call('POST', 'uploads', { key: randomUUID() });
  const { id } = opened.data.upload;
  await api.append(id, body);
  const promise = { sha256: sha256(body), size: body.length };
  const finalise = () => api.call('POST', `uploads/${id}/finalise`, promise);
  const hurting = hurt(struck, away);
  await delay(run.random.int(0, 30));
  const first = await finalise();
  await hurting;
  const second = await finalise();
  run.injected();
  const what = `${away.what} during a commit`;
  const stored = await bench.check(run, { what, settled: false });
  if (first.status !== 200 && first.status < 500) run.broken(`${what}: answered ${first.status}`);
  if (second.status !== 200) run.broken(`${what}: asked again afterwards, answered ${second.status}`);
  if (stored.length !== 1) run.broken(`${what}: ${stored.length} versions are there`);
  bench.accept(stored);
}

export const postgresAway: FaultCase = {
  name: 'T12',
  explains: 'PostgreSQL is restarted, stands still or has no connection left, while clients send and commit',
  missing: needsPostgres,
  run: async (run) => {
    const { postgres, environment } = await startDatabase();
    try {
      await using bench = await Bench.start({}, { database: 'external', environment });
      await bench.works();
      const struck = { bench, postgres, run };
      for (let round = 0; round < run.rounds(1, 84); round += 1) {
        for (const away of [restart, pause, exhausted]) {
          // Standing still takes its time: a few runs of it do.
          if (away === pause && round % 8 > 0) continue;
          if (run.long || away !== pause) await duringStream(struck, away);
          await duringCommit(struck, away);
        }
      }
      await bench.works();
    } finally {
      await postgres.stop();
    }
  },
};
