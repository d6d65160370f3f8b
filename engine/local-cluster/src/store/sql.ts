/* The tables of cluster.db. `superseded` is the revision that replaced a row; live rows have none. */
export const schemaSql = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA journal_size_limit = 16777216;
  CREATE TABLE IF NOT EXISTS revision (
    rv INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    resource TEXT NOT NULL,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    before INTEGER,
    superseded INTEGER,
    object TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS revision_live ON revision (resource, namespace, name) WHERE superseded IS NULL;
  CREATE INDEX IF NOT EXISTS revision_past ON revision (resource, namespace, name, rv);
  CREATE INDEX IF NOT EXISTS revision_order ON revision (resource, rv);
  CREATE INDEX IF NOT EXISTS revision_old ON revision (superseded) WHERE superseded IS NOT NULL;
  CREATE INDEX IF NOT EXISTS revision_gone ON revision (rv) WHERE kind = 2;
  CREATE TABLE IF NOT EXISTS meta (one INTEGER PRIMARY KEY CHECK (one = 1), compacted INTEGER NOT NULL) STRICT;
  INSERT OR IGNORE INTO meta VALUES (1, 0);
`;

const live = 'superseded IS NULL AND kind <> 2';
const past = 'rv <= ? AND (superseded IS NULL OR superseded > ?) AND kind <> 2';

export const statements = {
  get: `SELECT * FROM revision WHERE resource = ? AND namespace = ? AND name = ? AND ${live}`,
  byRevision: 'SELECT * FROM revision WHERE rv = ?',
  supersede:
    'UPDATE revision SET superseded = ? WHERE resource = ? AND namespace = ? AND name = ? AND superseded IS NULL',
  insert: 'INSERT INTO revision (rv, kind, resource, namespace, name, before, object) VALUES (?, ?, ?, ?, ?, ?, ?)',
  changes: 'SELECT * FROM revision WHERE resource = ? AND rv > ? ORDER BY rv LIMIT ?',
  compact: 'DELETE FROM revision WHERE superseded <= ? OR (kind = 2 AND rv <= ?)',
  range: (how: { live: boolean; oneNamespace: boolean }): string =>
    `FROM revision WHERE resource = ?${how.oneNamespace ? ' AND namespace = ?' : ''} AND ${how.live ? live : past}
     AND (namespace, name) > (?, ?) ORDER BY namespace, name LIMIT ?`,
  count: (oneNamespace: boolean): string =>
    `SELECT count(*) AS n FROM revision WHERE resource = ?${oneNamespace ? ' AND namespace = ?' : ''} AND ${live}`,
} as const;
