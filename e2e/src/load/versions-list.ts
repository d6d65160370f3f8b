import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { needsPostgres, startDatabase } from '../faults/replicas.ts';
import { peakMemory, residentMemory } from '../harness/process-memory.ts';
import { collectionApi } from '../harness/repository-api.ts';
import { type ProcessOptions, RepositoryProcess } from '../harness/repository-process.ts';
import { atMost, type Benchmark, type Figure } from './benchmark.ts';
import { milliseconds, p95 } from './options.ts';

const perCollection = 100;
const requests = 1000;
const columns =
  'id, collection_id, version_number, filename, filesize, uploaded_by_session_id, uploader, created_at, updated_at, sha256';
const digest = '0'.repeat(64);

type Fill = (repository: RepositoryProcess, collections: number) => void;

const fillSqlite: Fill = (repository, collections) => {
  using database = new DatabaseSync(repository.database);
  const insert = database.prepare(
    `insert into uploaded_versions (${columns}) values (?, ?, ?, ?, 1000, 'session', 'admin', ?, ?, ?)`,
  );
  database.exec('begin');
  for (let collection = 0; collection < collections; collection += 1) {
    for (let number = 1; number <= perCollection; number += 1) {
      const [name, at] = [`c${collection}`, new Date(Date.UTC(2026, 0, number)).toISOString()];
      insert.run(randomUUID(), name, number, `${name}-${number}`, at, at, digest);
    }
  }
  database.exec('commit');
};

/** As their versions say, so that a sweep finds everything in order. */
function writeObjects(repository: RepositoryProcess, collections: number): void {
  const content = Buffer.alloc(1000);
  for (let collection = 0; collection < collections; collection += 1) {
    const folder = path.join(repository.home, 'blobs', `c${collection}`);
    fs.mkdirSync(folder, { recursive: true });
    for (let number = 1; number <= perCollection; number += 1) {
      fs.writeFileSync(path.join(folder, `c${collection}-${number}`), content);
    }
  }
}

async function sweep(repository: RepositoryProcess, token: string, versions: number): Promise<void> {
  const url = `${repository.url}/api/stable/repository/storage/sweep`;
  const headers = { authorization: `Bearer ${token}` };
  const asked = new Date().toISOString();
  await (await fetch(url, { method: 'POST', headers })).text();
  for (;;) {
    await delay(100);
    const { data } = (await (await fetch(url, { headers })).json()) as {
      data: { sweep: { finishedAt: string | null; result: { versions: number; missing: number } | null } };
    };
    const { finishedAt, result } = data.sweep;
    if (finishedAt === null || finishedAt < asked) continue;
    if (result?.versions !== versions || result.missing !== 0)
      throw new Error(`the sweep saw ${JSON.stringify(result)}`);
    return;
  }
}

async function listAll(repository: RepositoryProcess, token: string, collections: number): Promise<number[]> {
  const samples: number[] = [];
  for (let index = 0; index < requests; index += 1) {
    const api = collectionApi(repository.url, token, `c${(index * 7919) % collections}`);
    samples.push(
      await milliseconds(async () => {
        const { length } = await api.list();
        if (length !== perCollection) throw new Error(`${length} versions are listed`);
      }),
    );
  }
  return samples;
}

interface Store {
  readonly name: string;
  readonly options: ProcessOptions;
  readonly fill: Fill;
}

async function measureStore({ name, options, fill }: Store, count: number): Promise<Figure[]> {
  const collections = Math.max(1, Math.round(count / perCollection));
  await using repository = await RepositoryProcess.start({}, options);
  for (let index = 0; index < collections; index += 1) {
    repository.putCollection(`c${index}`, { maxBackupsCount: perCollection, maxOneVersionSize: '1K' });
  }
  await repository.end('SIGTERM');
  fill(repository, collections);
  writeObjects(repository, collections);
  const start = await milliseconds(() => repository.restart());
  const token = await repository.login();
  const samples = await listAll(repository, token, collections);
  const resident = residentMemory(repository.pid);
  const swept = await milliseconds(() => sweep(repository, token, collections * perCollection));
  return [
    { name: `${name}: p95`, value: p95(samples), unit: 'ms', goal: atMost(50) },
    { name: `${name}: start`, value: start / 1000, unit: 's', goal: atMost(10) },
    { name: `${name}: memory`, value: resident, unit: 'MiB', goal: atMost(256) },
    { name: `${name}: sweep`, value: swept / 1000, unit: 's', goal: atMost(60) },
    { name: `${name}: memory peak with a sweep`, value: peakMemory(repository.pid), unit: 'MiB', goal: atMost(256) },
  ];
}

const onSqlite: Benchmark = {
  name: 'versions-list',
  explains: '--count versions (default 100000) in hundreds: list p95 of 1000 requests, start, memory, a sweep over all',
  run: ({ count = 100_000 }) => measureStore({ name: 'versions-list', options: {}, fill: fillSqlite }, count),
};

const onPostgres: Benchmark = {
  name: 'versions-list-postgres',
  explains: 'the same on PostgreSQL',
  run: async ({ count = 100_000 }) => {
    const missing = needsPostgres();
    if (missing !== undefined) throw new Error(missing);
    const { postgres, environment } = await startDatabase();
    const fill: Fill = (_, collections) => {
      postgres.sql(
        String(environment['BR_DB_NAME']),
        `insert into uploaded_versions (${columns})
         select gen_random_uuid(), 'c' || c, n, 'c' || c || '-' || n, 1000, 'session', 'admin',
           timestamptz '2026-01-01 00:00:00Z' + n * interval '1 day', timestamptz '2026-01-01 00:00:00Z', '${digest}'
         from generate_series(0, ${collections - 1}) c, generate_series(1, ${perCollection}) n;
         analyze`,
      );
    };
    try {
      const options = { database: 'external', environment } as const;
      return await measureStore({ name: 'versions-list-postgres', options, fill }, count);
    } finally {
      await postgres.stop();
    }
  },
};

export const versionsLists: readonly Benchmark[] = [onSqlite, onPostgres];
