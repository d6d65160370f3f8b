
bm_pg_environment() {
  export PGHOST=$BM_PARAM_HOSTNAME PGPORT=${BM_PARAM_PORT:-5432} PGDATABASE=$BM_PARAM_DB PGUSER=$BM_PARAM_USER
  export PGPASSWORD=$BM_PARAM_PASSWORD PGAPPNAME=backstay PGCONNECT_TIMEOUT=$1 PGCLIENTENCODING=UTF8
}

# Folders that hold PostgreSQL's client tools, one a line, as "<major version> <folder>".
bm_pg_folders() {
  local folder major
  for folder in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/libexec/postgresql* ${PATH//:/ }; do
    [[ -x $folder/pg_dump && -x $folder/psql ]] || continue
    major=$("$folder/pg_dump" --version 2>/dev/null | sed -nE 's/^[^0-9]*([0-9]+).*/\1/p')
    if [[ -n $major ]]; then printf '%s %s\n' "$major" "$folder"; fi
  done | sort -n
}

# Sets BM_PG to the oldest tools that are not older than the server of version $1 (as in server_version_num): older ones cannot
# dump it, and what much newer ones write may not be loaded by it.
bm_pg_choose() {
  local major folder wanted=$(($1 / 10000))
  BM_PG=''
  while read -r major folder; do
    if [[ -z $BM_PG ]] && ((major >= wanted)); then BM_PG=$folder; fi
  done < <(bm_pg_folders)
  [[ -n $BM_PG ]]
}

bm_pg_newest() {
  local folder
  BM_PG=''
  while read -r _ folder; do BM_PG=$folder; done < <(bm_pg_folders)
  [[ -n $BM_PG ]]
}

bm_pg_query() { "$BM_PG/psql" --no-psqlrc --no-password --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 --command "$1"; }
