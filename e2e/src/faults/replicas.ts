import { type PostgresServer, postgresIsThere, startPostgres } from '../harness/postgres-server.ts';
import { type CollectionApi, collectionApi } from '../harness/repository-api.ts';
import { type CollectionLimits, RepositoryProcess } from '../harness/repository-process.ts';

export const needsPostgres = (): string | undefined =>
  postgresIsThere() ? undefined : 'no PostgreSQL server; on Debian: apt-get install postgresql';

export const role = 'repository';
const password = 'a password for tests';

/** An empty database of a role that is no superuser. */
export async function startDatabase(): Promise<{ postgres: PostgresServer; environment: NodeJS.ProcessEnv }> {
  const postgres = await startPostgres();
  postgres.sql('postgres', `create role ${role} login password '${password}'; create database ${role} owner ${role}`);
  const environment = {
    ...{ BR_DB_HOSTNAME: '127.0.0.1', BR_DB_PORT: String(postgres.port), BR_DB_NAME: role },
    ...{ BR_DB_USERNAME: role, BR_DB_PASSWORD: password },
  };
  return { postgres, environment };
}

/** Two real repositories on one database, one configuration and one storage. */
export interface Replicas {
  /** The collection over each of them. */
  use(collection: string, limits: CollectionLimits): readonly [CollectionApi, CollectionApi];
  [Symbol.asyncDispose](): Promise<void>;
}

export async function startReplicas(storage: NodeJS.ProcessEnv = {}): Promise<Replicas> {
  const { postgres, environment } = await startDatabase();
  const shared = { database: 'external', environment: { ...environment, ...storage } } as const;
  const first = await RepositoryProcess.start({}, shared);
  const second = await RepositoryProcess.start({}, { ...shared, home: first.home });
  const token = await first.login();
  return {
    use: (collection, limits) => {
      first.putCollection(collection, limits);
      return [collectionApi(first.url, token, collection), collectionApi(second.url, token, collection)];
    },
    [Symbol.asyncDispose]: async () => {
      await second.end('SIGKILL');
      await first[Symbol.asyncDispose]();
      await postgres.stop();
    },
  };
}
