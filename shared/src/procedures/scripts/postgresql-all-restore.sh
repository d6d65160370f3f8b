
bm_all_psql() { "$BM_PG/psql" --no-psqlrc --no-password --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 "$@"; }

# Sessions in the database backstay_restore, which no restore exchanges. The lock goes with its connection, so a killed restore holds none.
bm_all_begin() {
  local got=''
  BM_PG_HOME=$PGDATABASE
  if [[ -z $(bm_pg_query "SELECT 1 FROM pg_database WHERE datname = 'backstay_restore'") ]]; then
    bm_pg_query "CREATE DATABASE backstay_restore TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'" || return 1
  fi
  export PGDATABASE=backstay_restore
  coproc BM_LOCK { bm_all_psql; }
  printf "SELECT CASE WHEN pg_try_advisory_lock(424143) THEN pg_backend_pid() ELSE 0 END;\n" >&"${BM_LOCK[1]}"
  IFS= read -r -t 60 got <&"${BM_LOCK[0]}" || true
  BM_PG_KEEPER=${got:-0}
  [[ $BM_PG_KEEPER =~ ^[1-9][0-9]*$ ]] || { bm_log 'Error: another restore is running on this server. Wait until it has ended.'; return 1; }
}

# Drops what a restore leaves beside: its databases, and roles that it has made and that nothing uses yet.
bm_all_sweep() {
  local force=' WITH (FORCE)'
  ((BM_PG_SERVER >= 130000)) || force=''
  bm_all_psql --output=/dev/null <<SQL
SET client_min_messages = warning;
CREATE TABLE IF NOT EXISTS created (name text);
SELECT format('ALTER DATABASE %I IS_TEMPLATE false', datname) FROM pg_database WHERE datname ~ '^backstay_(new|old)_[0-9]+\$' AND datistemplate AND datconnlimit <> -2 \\gexec
SELECT format('DROP DATABASE %I$force', datname) FROM pg_database WHERE datname ~ '^backstay_(new|old)_[0-9]+\$' \\gexec
SELECT format('DROP ROLE IF EXISTS %I', name) FROM created \\gexec
DELETE FROM created;
SQL
}

bm_all_end() {
  local process=${BM_LOCK_PID-}
  if [[ -n ${BM_LOCK[1]-} ]]; then exec {BM_LOCK[1]}>&-; fi
  if [[ -n $process ]]; then wait "$process" 2>/dev/null || true; fi
  PGDATABASE=$BM_PG_HOME bm_pg_query 'DROP DATABASE IF EXISTS backstay_restore' >/dev/null 2>&1 ||
    bm_log 'PostgreSQL: the database backstay_restore could not be removed; the next restore does it.'
}

# Runs "bm_all_section plan" or "bm_all_section database <number>" on the bytes of each section of stdin, and fails unless all of it
# is there to its last line. A section goes to a pipe of its own, so nothing is kept.
bm_all_sections() {
  awk '
    function fail(text) { if (!failed) print "Error: " text > "/dev/stderr"; failed = 1; exit 1 }
    NR == 1 { if ($0 != "BACKSTAY POSTGRESQL 1") fail("this backup was made by a newer Backstay."); next }
    ended { fail("the backup is damaged: something follows its end.") }
    command != "" {
      if ($0 != ".") { print | command; next }
      if (close(command)) fail("the line above ended it.")
      command = ""
      next
    }
    $0 == "plan" && NR == 2 { command = "exec /bin/bash -c \"$BM_SECTION\" section plan"; next }
    /^database [0-9]+ / && NR > 2 { count++; command = "exec /bin/bash -c \"$BM_SECTION\" section database " $2; next }
    $1 == "end" && $2 == count "" && count { ended = 1; next }
    { fail("the backup is damaged: a line of it is nothing that a backup has.") }
    END { if (!failed && !ended) fail("the backup ends too early."); if (failed) exit 1 }
  '
}

bm_all_section() {
  set -euo pipefail
  case $1 in
    plan) bm_all_plan_sql | bm_all_psql --output=/dev/null ;;
    database) bm_all_load "$2" ;;
  esac
}

# Loads a database beside what is there.
bm_all_load() {
  local title spaces
  local -a options=(--single-transaction)
  title=$(bm_pg_query "SELECT to_json(name)::text FROM target WHERE n = '$1'")
  if [[ -z $title ]]; then cat >/dev/null; return; fi
  bm_log "PostgreSQL: loading $title beside what is there"
  bm_all_create_sql "$1" | bm_all_psql --output=/dev/null
  spaces=$(bm_pg_query "SELECT 1 FROM plan, jsonb_array_elements(body->'tablespaces') t WHERE NOT EXISTS (SELECT FROM pg_tablespace WHERE spcname = t->>'name') LIMIT 1")
  [[ -z $spaces ]] || options+=(--no-tablespaces)
  export PGDATABASE=backstay_new_$1
  unset PGCLIENTENCODING
  bm_roles
  { printf 'BEGIN;\n' && base64 -d | { "$BM_PG/pg_restore" "${options[@]}" --file=- && cat >/dev/null; } | bm_adapt && printf 'COMMIT;\n'; } |
    bm_all_psql --output=/dev/null
}

# Ends the sessions that keep a database from being renamed. One that begins meanwhile waits for the transaction.
bm_all_clear_way() {
  while true; do
    bm_pg_query "SELECT count(pg_terminate_backend(a.pid)) FROM pg_stat_activity a JOIN pg_database d ON d.oid = a.datid
      WHERE a.datid IN ($1) OR d.datname ~ '^backstay_new_[0-9]+\$'" >/dev/null 2>&1 || true
    sleep 0.3
  done
}

# Returns 1 when nothing has changed, and 2 when that is not known.
bm_all_swap() {
  local numbers way done='' round
  numbers=$(bm_pg_query "SELECT coalesce(string_agg(d.oid::text, ','), '0') FROM target t JOIN pg_database d ON d.datname::text = t.name") || return 1
  bm_all_clear_way "$numbers" &
  way=$!
  bm_all_swap_sql "$BM_PG_KEEPER" | PGAPPNAME='backstay swap' bm_all_psql --output=/dev/null || true
  kill "$way" 2>/dev/null || true
  wait "$way" 2>/dev/null || true
  # What the server has done decides: its answer can be lost.
  for ((round = 0; round < 30; round++)); do
    done=$(bm_pg_query "SELECT CASE WHEN EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'backstay swap') THEN 'running'
      ELSE (SELECT count(*)::text FROM done) END") || done=''
    if [[ $done == 1 ]]; then return 0; fi
    if [[ $done == 0 ]]; then return 1; fi
    sleep 1
  done
  return 2
}

bm_load_all() {
  set -uo pipefail
  local status=0 stopped=0 BM_LOCK BM_LOCK_PID
  # The client ends all processes of a restore that it found damaged. This one clears away what is beside before it ends.
  trap 'stopped=1' TERM
  bm_read_magic 5
  case $BM_MAGIC in
    4241434b53) ;;
    5047444d50) bm_log 'Error: the backup holds one database without its name. Say in the parameter db where it is to go. Nothing was changed.'; return 1 ;;
    '') bm_log 'Error: the backup is empty. Nothing was changed.'; return 1 ;;
    *) bm_log 'Error: this is no backup of PostgreSQL. Nothing was changed.'; return 1 ;;
  esac
  bm_all_begin || { bm_log 'Error: the restore did not begin. Nothing was changed.'; return 1; }
  bm_all_sweep || { bm_log 'Error: what an earlier restore left could not be removed. Nothing was changed.'; return 1; }
  export BM_SECTION
  BM_SECTION="$(declare -f)"$'\nbm_all_section "$@"'
  if { printf '%b' "$BM_MAGIC_ESCAPED"; cat; } | bm_all_sections && ((stopped == 0)); then
    bm_log 'PostgreSQL: everything has arrived; replacing what is there in one transaction'
    bm_all_swap || status=$?
  else
    status=1
  fi
  if ((status == 2)); then
    bm_log 'Error: the server went away while it replaced the databases: either all are replaced, or none. Look at it, and restore again.'
    return 1
  fi
  if ((status == 0)); then bm_log "PostgreSQL: $(bm_pg_query "SELECT count(*) || ' databases are restored: ' || string_agg(quote_ident(name), ', ' ORDER BY name) FROM target")"; fi
  bm_all_sweep || bm_log 'Warning: what the restore had beside (databases backstay_new_* and backstay_old_*, roles without login) could not be removed; the next one does it.'
  bm_all_end
  if ((status)); then bm_log 'Error: the restore failed. All databases and roles are as they were.'; fi
  return "$status"
}

# Prints the dump of the database whose name is $1, in JSON, and fails unless all of the backup is there.
bm_all_pick() {
  BM_WANTED=$1 awk '
    function fail(text) { print "Error: " text > "/dev/stderr"; failed = 1; exit 1 }
    NR == 1 { if ($0 != "BACKSTAY POSTGRESQL 1") fail("this backup was made by a newer Backstay."); next }
    ended { fail("the backup is damaged: something follows its end.") }
    inside { if ($0 == ".") inside = wanted = 0; else if (wanted) print; next }
    $0 == "plan" { inside = 1; next }
    /^database [0-9]+ / { count++; inside = 1; if (substr($0, length($1 $2) + 3) == ENVIRON["BM_WANTED"]) found = wanted = 1; next }
    $1 == "end" && $2 == count "" { ended = 1; next }
    { fail("the backup is damaged: a line of it is nothing that a backup has.") }
    END {
      if (failed) exit 1
      if (!ended) fail("the backup ends too early.")
      if (!found) fail("the backup holds several databases, and " ENVIRON["BM_WANTED"] " is not one of them.")
    }
  '
}
