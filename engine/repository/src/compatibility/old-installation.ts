import { createHash, createHmac, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { armoured } from '../testing/messages.ts';
import { type PostgresServer, startPostgresServer } from '../testing/postgres-server.ts';

/* What the old server leaves behind: a database, a bucket, a configuration and issued tokens. Made without any code of this
 * server, so that both are compared and not one with itself. */

export const oldKey = 'the key of the old server';
export const account = { user: 'backup', database: 'backups' };

const schema = `
  create table "granted_accesses" ("created_at" timestamptz, "updated_at" timestamptz, "deleted_at" timestamptz, "id" text,
    "expires_at" timestamptz, "deactivated" boolean, "description" text, "requester_ip" text, "user" text,
    "access_key_name" text, primary key ("id"));
  create index if not exists "idx_granted_accesses_deleted_at" on "granted_accesses" ("deleted_at");
  create table "uploaded_versions" ("id" text, "collection_id" text, "version_number" bigint, "filename" text,
    "filesize" bigint, "uploaded_by_session_id" text, "uploader" text, "created_at" timestamptz, "updated_at" timestamptz,
    "deleted_at" timestamptz, primary key ("id"));
  create index if not exists "idx_uploaded_versions_deleted_at" on "uploaded_versions" ("deleted_at");
  create table "locks" ("id" text, "expires" timestamptz, primary key ("id"));`;

const base64url = (text: string): string => Buffer.from(text).toString('base64url');
const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** As the old server signed it: six claims, sorted, for six hours. */
export const oldToken = (claims: Record<string, unknown> = {}, key: string = oldKey): string => {
  const now = Math.floor(Date.now() / 1000);
  const payload = {
    accessKeyName: '',
    exp: now + 6 * 3600,
    login: 'admin',
    operationsScope: 'bnVsbA==',
    orig_iat: now,
    rand: '63',
    ...claims,
  };
  const signed = `${base64url('{"alg":"HS256","typ":"JWT"}')}.${base64url(JSON.stringify(payload))}`;
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
};

export interface OldVersion {
  readonly collection: string;
  readonly number: number;
  readonly filename: string;
  readonly content: Buffer;
  /** Minutes before the upgrade. */
  readonly age: number;
  readonly deleted?: boolean;
  /** Its bytes were removed by rotation or overwritten by another upload. */
  readonly bytesGone?: boolean;
}

export interface OldInstallation {
  readonly postgres: PostgresServer;
  readonly folder: string;
  readonly bucket: string;
  readonly configuration: string;
  /** SQL as the role of the old server. */
  query: PostgresServer['sql'];
  grant(token: string, more?: { deactivated?: boolean; expired?: boolean; user?: string }): Promise<void>;
  addVersion(version: OldVersion, file?: string): Promise<void>;
  putCollection(name: string, spec: Record<string, unknown>): Promise<void>;
  remove(): Promise<void>;
}

const attributes = (content: Buffer): string =>
  JSON.stringify({
    ...{ 'user.cache_control': '', 'user.content_disposition': '', 'user.content_encoding': '' },
    ...{ 'user.content_language': '', 'user.content_type': 'text/plain; charset=utf-8', 'user.metadata': null },
    md5: createHash('md5').update(content).digest('base64'),
  });

// Argon2id of `admin`, encoded twice, as the documents of the old server hold it.
const adminPassword = Buffer.from(
  '$argon2id$v=19$m=65536,t=1,p=4$znW/HOf8Ctdu+o5+mbTvDA==$ZfUiDivAevOdY6wJabAoAPvc5kXlzlC6H68V6tef5F4=',
).toString('base64');

/** A bucket other than a folder: where its objects can be seen as files, and what puts one there. */
export interface OldBucket {
  readonly folder: string;
  put(key: string, content: Buffer): Promise<void>;
}

/** A PostgreSQL server, a bucket and a configuration as the old server leaves them. Remove it when done. */
export const createOldInstallation = async (s3?: OldBucket): Promise<OldInstallation> => {
  const postgres = await startPostgresServer();
  const folder = await mkdtemp(path.join(tmpdir(), 'backstay-old-'));
  const [bucket, configuration] = [s3?.folder ?? path.join(folder, 'bucket'), path.join(folder, 'configuration')];
  const resources = path.join(configuration, 'backups', 'backups.riotkit.org', 'v1alpha1');
  const put = async (plural: string, kind: string, document: { name: string; spec: unknown }): Promise<void> => {
    const text = stringify({
      ...{ apiVersion: 'backups.riotkit.org/v1alpha1', kind },
      ...{ metadata: { name: document.name }, spec: document.spec },
    });
    await mkdir(path.join(resources, plural), { recursive: true });
    await writeFile(path.join(resources, plural, `${document.name}.yaml`), text);
  };
  await mkdir(bucket, { recursive: true });
  const putFile = async (key: string, content: Buffer): Promise<void> => {
    const target = path.join(bucket, key);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, content, { mode: 0o600 });
    await writeFile(`${target}.attrs`, attributes(content), { mode: 0o600 });
  };
  const putObject = s3?.put ?? putFile;
  await postgres.sql(`create role ${account.user} login`);
  await postgres.sql(`create database ${account.database} owner ${account.user}`);
  const query: PostgresServer['sql'] = (text, values) => postgres.sql(text, values, account);
  await query(schema);
  await put('backupusers', 'BackupUser', {
    name: 'admin',
    spec: { email: 'riotkit@example.org', roles: ['systemAdmin'], password: adminPassword },
  });
  return {
    ...{ postgres, folder, bucket, configuration, query },
    grant: async (token, more = {}) => {
      const user = more.user ?? 'admin';
      await query(
        `insert into granted_accesses values (now(), now(), null, $1, now() + $2::interval, $3, 'Login', '10.0.0.7', $4, '')`,
        [hashOf(token), more.expired ? '-1 hour' : '6 hours', more.deactivated ?? false, user],
      );
    },
    addVersion: async (version, file = version.filename) => {
      const { collection, number, filename, content, age } = version;
      await query(
        `insert into uploaded_versions values ($1, $2, $3, $4, $5, $6, 'admin', now() - $7::interval,
          now() - $7::interval, ${version.deleted ? 'now()' : 'null'})`,
        [randomUUID(), collection, number, filename, content.length, hashOf('session'), `${age} minutes`],
      );
      if (!version.bytesGone) {
        await putObject(`${collection}/${file}`, content);
      }
    },
    putCollection: (name, spec) =>
      put('backupcollections', 'BackupCollection', {
        name,
        spec: {
          description: 'of the old server',
          ...{ maxBackupsCount: 5, maxOneVersionSize: '1M', maxCollectionSize: '10M' },
          ...{ strategyName: 'fifo', strategySpec: {} },
          ...spec,
        },
      }),
    remove: async () => {
      postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
};

/** A version of the collection with content of its own. */
export const oldVersion = (
  collection: string,
  number: number,
  more: Partial<OldVersion> & { filename: string },
): OldVersion => ({ collection, number, content: armoured(100 + number * 10), age: 1000 - number, ...more });
