export { createSqliteDialect } from './create-sqlite-dialect.ts';
export { DiskFullError } from './disk-full-error.ts';
export { openExclusively, openShared } from './open-database.ts';
