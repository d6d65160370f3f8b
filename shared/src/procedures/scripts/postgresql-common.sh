
bm_pg_environment() {
  export PGHOST=$BM_PARAM_HOSTNAME PGPORT=${BM_PARAM_PORT:-5432} PGDATABASE=${BM_PARAM_DB:-postgres} PGUSER=$BM_PARAM_USER
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

# Where sessions begin that want no certain database: a server need not have one named postgres.
bm_pg_home() {
  if [[ -z $BM_PARAM_DB && $(bm_pg_query 'SELECT 1' 2>&1) == *'database "postgres" does not exist'* ]]; then export PGDATABASE=template1; fi
}

# What a restore of all databases needs beside them has these names.
bm_pg_beside="^backstay_(new|old)_[0-9]+\$|^backstay_restore\$"
export bm_pg_beside

# A condition on pg_database, in SQL: what "all databases" means. Remains of an interrupted DROP DATABASE have the limit -2.
bm_pg_wanted() {
  printf "(datname <> 'template0' AND datconnlimit <> -2 AND datname !~ '%s' AND NOT (%s))" "$bm_pg_beside" "$(bm_pg_excluded 'datname::text')"
}

# Whether the name $1, in SQL, stands in the parameter exclude.
bm_pg_excluded() {
  printf "%s IN (SELECT unnest(ARRAY[line, btrim(line)]) FROM regexp_split_to_table(convert_from(decode('%s', 'hex'), 'UTF8'), '[\\r\\n]+') line)" \
    "$1" "$(printf '%s' "${BM_PARAM_EXCLUDE-}" | od -An -v -tx1 | tr -d ' \n')"
}

# Databases that all means but that cannot be read, with the reason, one a line.
bm_pg_closed() {
  bm_pg_query "SELECT CASE WHEN datallowconn THEN format('The user %I may not connect to the database %I. Grant it CONNECT', current_user, datname)
      ELSE format('The database %I allows no connections', datname) END || ', or leave the database out with the parameter exclude.'
    FROM pg_database WHERE $(bm_pg_wanted) AND NOT (datallowconn AND has_database_privilege(oid, 'CONNECT')) ORDER BY datname"
}

# The name of the database with the number $1. A name may end with a line feed, which bash would drop.
bm_pg_name() {
  BM_PG_NAME=$(bm_pg_query "SELECT datname || '.' FROM pg_database WHERE oid = $1") || return 1
  BM_PG_NAME=${BM_PG_NAME%.}
  [[ -n $BM_PG_NAME ]]
}
