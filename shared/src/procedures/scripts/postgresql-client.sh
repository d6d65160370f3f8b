
bm_pg_environment 15
bm_pg_newest || bm_fail 'The PostgreSQL client tools (pg_dump, pg_restore, psql) are missing. Use an image that has them, or install postgresql-client.'
bm_pg_home
BM_PG_SERVER=$(bm_pg_query 'SHOW server_version_num') ||
  bm_fail "The database \"$PGDATABASE\" on $PGHOST:$PGPORT cannot be reached as \"$PGUSER\" (see the line above)."
bm_pg_choose "$BM_PG_SERVER" ||
  bm_fail "The server is PostgreSQL $((BM_PG_SERVER / 10000)), but only older client tools are installed. Use a newer image."
export BM_PG BM_PG_SERVER
bm_what="database \"$PGDATABASE\""
[[ -n $BM_PARAM_DB ]] || bm_what='all databases'
bm_log "PostgreSQL: server $((BM_PG_SERVER / 10000)), $("$BM_PG/pg_dump" --version), $bm_what on $PGHOST:$PGPORT"
