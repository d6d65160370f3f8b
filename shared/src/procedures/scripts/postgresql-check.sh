
bm_problem() {
  printf '%s\t%s\n' "$1" "${2//[$'\t\n']/ }"
  exit 0
}

for bm_name in hostname port db user password exclude passwords; do
  bm_expand_variable "BM_PARAM_${bm_name^^}" || bm_problem "$bm_name" "The value cannot be used: $BM_PROBLEM"
done
[[ -n $BM_PARAM_HOSTNAME ]] || bm_problem hostname 'Say where the server is, for example localhost.'
[[ ${BM_PARAM_PORT:-5432} =~ ^[0-9]{1,5}$ ]] || bm_problem port 'A number from 1 to 65535, usually 5432.'
[[ -n $BM_PARAM_USER ]] || bm_problem user 'Say which user.'
bm_pg_newest || bm_problem hostname 'The PostgreSQL client tools (pg_dump, psql) are missing where the job runs. Use an image that has them, or install postgresql-client.'
bm_pg_environment 5

bm_connection_problem() {
  case $1 in
    *'could not translate host name'* | *'Name or service not known'*)
      bm_problem hostname "There is no host named $PGHOST. Check the spelling." ;;
    *'Connection refused'*)
      bm_problem port "Nothing listens at $PGHOST on port $PGPORT. Is the server running, and is the port right?" ;;
    *'timeout expired'* | *'timed out'* | *'No route to host'* | *'Network is unreachable'*)
      bm_problem hostname "$PGHOST does not answer on port $PGPORT within 5 seconds. Check the address and the firewall." ;;
    *'password authentication failed'*) bm_problem password "The server refused the user $PGUSER with this password." ;;
    *'no password supplied'*) bm_problem password 'The server wants a password.' ;;
    *'role "'*'" does not exist'*) bm_problem user "The server has no user $PGUSER." ;;
    *'database "'*'" does not exist'*) bm_problem db "The server has no database $PGDATABASE. Create it first, or check the spelling." ;;
    *'permission denied for database'*) bm_problem user "The user $PGUSER may not connect to $PGDATABASE." ;;
    *'no pg_hba.conf entry'* | *'authentication failed'*) bm_problem user "The server does not let $PGUSER in from here (pg_hba.conf)." ;;
    *'No such file or directory'*) bm_problem hostname "There is no server socket in $PGHOST." ;;
    *) bm_problem hostname "The server cannot be used: ${1##*error: }" ;;
  esac
}

bm_pg_home
bm_error=$(bm_pg_query 'SELECT 1' 2>&1 >/dev/null) || bm_connection_problem "$bm_error"
BM_PG_SERVER=$(bm_pg_query 'SHOW server_version_num')
bm_pg_choose "$BM_PG_SERVER" ||
  bm_problem hostname "The server is PostgreSQL $((BM_PG_SERVER / 10000)), but only older client tools are installed where the job runs. Use a newer image."

bm_schemas="n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'"
bm_unreadable() {
  bm_pg_query "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE $bm_schemas AND c.relkind IN ('r', 'p', 'S', 'm') AND (NOT has_schema_privilege(n.oid, 'USAGE')
      OR CASE c.relkind WHEN 'S' THEN NOT has_sequence_privilege(c.oid, 'SELECT') ELSE NOT has_table_privilege(c.oid, 'SELECT') END)
    UNION ALL SELECT 'the large object ' || oid FROM pg_largeobject_metadata WHERE NOT pg_has_role(lomowner, 'USAGE')
      AND NOT EXISTS (SELECT FROM aclexplode(lomacl) WHERE privilege_type = 'SELECT' AND (grantee = 0 OR pg_has_role(grantee, 'USAGE')))
    LIMIT 1"
}

bm_check_all_backup() {
  local found number
  found=$(bm_pg_closed)
  [[ -z $found ]] || bm_problem user "${found%%$'\n'*}"
  for number in $(bm_pg_query "SELECT oid FROM pg_database WHERE $(bm_pg_wanted) ORDER BY datname"); do
    bm_pg_name "$number" || continue
    found=$(PGDATABASE=$BM_PG_NAME bm_unreadable)
    [[ -z $found ]] || bm_problem user "The user $PGUSER may not read $found in the database $BM_PG_NAME. Grant it pg_read_all_data, or use a superuser."
  done
}

bm_check_all_restore() {
  local found
  found=$(bm_pg_query 'SELECT rolsuper FROM pg_roles WHERE rolname = current_user')
  [[ $found == t ]] || bm_problem user "A restore of all databases makes roles and databases of others, so it needs a superuser, which $PGUSER is not. Or restore one database: name it in db."
  found=$(bm_pg_query "SELECT a.pid FROM pg_stat_activity a JOIN pg_locks l USING (pid) WHERE a.datname = 'backstay_restore' AND l.locktype = 'advisory' LIMIT 1")
  [[ -z $found ]] || bm_problem hostname 'Another restore is running on this server. Wait until it has ended.'
}

if [[ -z $BM_PARAM_DB ]]; then
  "bm_check_all_${BM_OPERATION:-backup}"
elif [[ ${BM_OPERATION:-backup} == backup ]]; then
  bm_found=$(bm_unreadable)
  [[ -z $bm_found ]] || bm_problem user "The user $PGUSER may not read $bm_found. Grant it pg_read_all_data, or use the owner."
else
  bm_found=$(bm_pg_query "SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE $bm_schemas AND c.relkind IN ('r', 'p', 'S', 'm', 'v', 'f') AND NOT pg_has_role(c.relowner, 'USAGE')
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    LIMIT 1")
  [[ -z $bm_found ]] || bm_problem user "The user $PGUSER may not replace $bm_found, which belongs to another. Use its owner."
  bm_found=$(bm_pg_query "SELECT has_database_privilege(current_database(), 'CREATE') AND has_schema_privilege('public', 'CREATE')")
  [[ $bm_found == t ]] || bm_problem user "The user $PGUSER may not create things in $PGDATABASE. Use the owner of the database."
fi
