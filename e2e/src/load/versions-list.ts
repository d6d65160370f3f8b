import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { collectionApi } from '../harness/repository-api.ts';
import { RepositoryProcess } from '../harness/repository-process.ts';
import { atMost, type Benchmark } from './benchmark.ts';
import { milliseconds, p95 } from './options.ts';

const perCollection = 100;
const requests = 1000;

function fill(file: string, collections: number): void {
  using database = new DatabaseSync(file);
  const insert = database.prepare(
    `insert into uploaded_versions
      (id, collection_id, version_number, filename, filesize, uploaded_by_session_id, uploader, created_at, updated_at, sha256)
     values (?, ?, ?, ?, 1000, 'session', 'admin', ?, ?, ?)`,
  );
  database.exec('begin');
  for (let collection = 0; collection < collections; collection += 1) {
    for (let number = 1; number <= perCollection; number += 1) {
      const [name, at] = [`c${collection}`, new Date(Date.UTC(2026, 0, number)).toISOString()];
      insert.run(randomUUID(), name, number, `${name}-${number}`, at, at, '0'.repeat(64));
    }
  }
  database.exec('commit');
}

export const versionsList: Benchmark = {
  name: 'versions-list',
  explains: 'list of versions with --count versions (default 100000) in hundreds, p95 of 1000 requests',
  run: async ({ count = 100_000 }) => {
    const collections = Math.max(1, Math.round(count / perCollection));
    await using repository = await RepositoryProcess.start({});
    for (let index = 0; index < collections; index += 1) repository.putCollection(`c${index}`);
    await repository.end('SIGTERM');
    fill(repository.database, collections);
    await repository.restart();
    const token = await repository.login();
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
    return [{ name: 'versions-list: p95', value: p95(samples), unit: 'ms', goal: atMost(50) }];
  },
};
