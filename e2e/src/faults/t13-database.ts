import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { RepositoryProcess } from '../harness/repository-process.ts';
import { Bench, collection } from './bench.ts';
import type { FaultCase, FaultRun } from './fault-case.ts';

const whoami = async (url: string, token: string): Promise<number> => {
  const reply = await fetch(`${url}/api/stable/auth/whoami`, { headers: { authorization: `Bearer ${token}` } });
  await reply.text();
  return reply.status;
};

/** Logs in until the server is dead. Gives every token that was answered. */
async function logInUntilDead(repository: RepositoryProcess): Promise<string[]> {
  const tokens: string[] = [];
  try {
    for (;;) tokens.push(await repository.login());
  } catch {
    return tokens;
  }
}

async function killUnderWrites(bench: Bench, run: FaultRun): Promise<void> {
  const writers = [1, 2].map(() => logInUntilDead(bench.repository));
  await delay(run.random.int(100, 600));
  await bench.repository.end('SIGKILL');
  const tokens = (await Promise.all(writers)).flat();
  await bench.repository.restart();
  run.injected();
  for (const token of tokens) {
    const status = await whoami(bench.repository.url, token);
    if (status !== 200) run.broken(`a session that was answered is gone: ${status}`);
  }
  await bench.check(run, { what: 'killed under writes', settled: true });
}

async function killAtFirstStart(run: FaultRun): Promise<void> {
  await using repository = await RepositoryProcess.start({ [collection]: {} }, { running: false });
  const child = repository.begin();
  await delay(run.random.int(0, 700));
  await repository.end('SIGKILL');
  if (child.exitCode !== null) run.broken('the first start ended by itself');
  run.injected();
  await repository.restart();
  await repository.login();
}

async function openTwice(bench: Bench, run: FaultRun): Promise<void> {
  const second = await bench.repository.beginAnother();
  await once(second, 'exit');
  run.injected();
  if (second.exitCode === 0 || second.exitCode === null) run.broken('a second server opened the same database');
  await bench.works();
}

export const databaseKilled: FaultCase = {
  name: 'T13',
  explains: 'SQLite: kill -9 under writes and in the very first start; a second server on the same database',
  run: async (run) => {
    await using bench = await Bench.start();
    await bench.works();
    await openTwice(bench, run);
    for (let round = 0; round < run.rounds(2, 250); round += 1) {
      await killUnderWrites(bench, run);
      await killAtFirstStart(run);
    }
  },
};
