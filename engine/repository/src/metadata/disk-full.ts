import { DiskFullError } from '@backstay/sqlite';

/** PostgreSQL's disk_full. */
const postgresDiskFull = '53100';

/** Whether a database error says that its disk has no room left: it passes only when somebody makes room. */
export const isDiskFull = (error: unknown): boolean =>
  error instanceof DiskFullError || (error instanceof Error && 'code' in error && error.code === postgresDiskFull);
