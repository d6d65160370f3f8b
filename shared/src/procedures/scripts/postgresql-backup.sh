
# In the characters of the database: those of an SQL_ASCII database may be of any kind.
bm_dump() {
  local size
  size=$(bm_pg_query 'SELECT pg_size_pretty(pg_database_size(current_database()))') || size='unknown size'
  bm_log "PostgreSQL: dumping \"$PGDATABASE\" ($size in the database)"
  unset PGCLIENTENCODING
  "$BM_PG/pg_dump" --no-password --format=custom --compress=1 --blobs --no-subscriptions || return
  bm_log 'PostgreSQL: the dump is complete'
}

if [[ -n $BM_PARAM_DB ]]; then bm_make bm_dump; else bm_make bm_dump_all; fi
