import { passwordHash, RepositoryProcess } from '../harness/repository-process.ts';
import type { FaultCase, FaultRun } from './fault-case.ts';

const allowed = 10;
const minute = 60_000;

interface Guess {
  readonly username: string;
  readonly password: string;
  /** What a proxy would say about where it comes from. */
  readonly from: string;
}

async function guess(url: string, { username, password, from }: Guess): Promise<number> {
  const reply = await fetch(`${url}/api/stable/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': from },
    body: JSON.stringify({ username, password }),
  });
  await reply.text();
  return reply.status;
}

const addressOf = ({ random }: FaultRun): string =>
  [10, random.int(0, 256), random.int(0, 256), random.int(1, 255)].join('.');

/** Whoever claims another address for each guess gets no more of them. */
async function guessFromEverywhere({ url }: RepositoryProcess, run: FaultRun, username: string): Promise<void> {
  const started = Date.now();
  let evaluated = 0;
  const total = run.rounds(60, 50_000);
  for (let count = 0; count < total; count += 1) {
    const status = await guess(url, { username, password: `guess ${count}`, from: addressOf(run) });
    run.injected();
    if (status !== 429) evaluated += 1;
    if (status === 200) run.broken('a guess is let in');
  }
  const minutes = 1 + Math.floor((Date.now() - started) / minute);
  if (evaluated > allowed * minutes)
    run.broken(`${evaluated} guesses at ${username} were looked at in ${minutes} minutes`);
  const right = await guess(url, { username, password: 'secret', from: addressOf(run) });
  if (right !== 429 && evaluated <= allowed)
    run.broken(`after ${total} guesses the right password is answered ${right}`);
}

const median = (samples: readonly number[]): number =>
  samples.toSorted((a, b) => a - b)[Math.floor(samples.length / 2)] ?? Number.NaN;

/** The time of a refusal must not tell whether somebody is there. */
async function listenToTime(repository: RepositoryProcess, run: FaultRun): Promise<void> {
  const people = run.rounds(3, 60);
  const times = { known: [] as number[], unknown: [] as number[] };
  const measure = async (samples: number[], username: string): Promise<void> => {
    const started = performance.now();
    const status = await guess(repository.url, { username, password: 'wrong', from: addressOf(run) });
    samples.push(performance.now() - started);
    run.injected();
    if (status !== 401) run.broken(`a first wrong guess is answered ${status}`);
  };
  for (let person = 0; person < people; person += 1) {
    repository.putUser(`person-${person}`, { email: '', roles: [], password: passwordHash() });
  }
  for (let round = 0; round < allowed - 1; round += 1) {
    for (let person = 0; person < people; person += 1) {
      // Side by side, so that what else the machine does hurts both alike.
      await measure(times.known, `person-${person}`);
      await measure(times.unknown, `nobody-${person}`);
    }
  }
  const [known, unknown] = [median(times.known), median(times.unknown)];
  const apart = Math.max(known, unknown) / Math.min(known, unknown);
  // Without the work of a hash the difference would be a hundredfold; a few samples on a busy machine tell no more than that.
  const limit = times.known.length >= 400 ? 1.1 : 3;
  if (!(apart <= limit)) run.broken(`a user is refused in ${known.toFixed(1)} ms, nobody in ${unknown.toFixed(1)} ms`);
}

export const guessing: FaultCase = {
  name: 'T44',
  explains: 'passwords are guessed from ever new addresses; the time of a refusal is measured',
  run: async (run) => {
    // The first believes what it is told about addresses, as one behind a proxy does.
    for (const trusted of ['127.0.0.1/32', undefined]) {
      const environment = trusted === undefined ? {} : { BR_TRUSTED_PROXIES: trusted };
      await using repository = await RepositoryProcess.start({}, { environment });
      repository.putUser('victim', { email: '', roles: ['systemAdmin'], password: passwordHash() });
      await guessFromEverywhere(repository, run, 'victim');
      if (trusted === undefined) await listenToTime(repository, run);
    }
  },
};
