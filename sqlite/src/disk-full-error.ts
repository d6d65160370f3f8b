/** SQLITE_FULL, https://www.sqlite.org/rescode.html: the low byte of every extended code of it. */
const sqliteFull = 13;

/** The database needs more room than its disk has. The transaction is rolled back; it works again as soon as there is room. */
export class DiskFullError extends Error {
  constructor(cause: unknown) {
    super('no space left on the disk of the database', { cause });
    this.name = 'DiskFullError';
  }
}

const isFull = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === sqliteFull;

/** The result of `work`. What SQLite says of a full disk becomes a {@link DiskFullError}, everything else stays as it is. */
export const tellingFull = <T>(work: () => T): T => {
  try {
    return work();
  } catch (error) {
    throw isFull(error) ? new DiskFullError(error) : error;
  }
};
