
# Roles, memberships, settings and the properties of databases, as one JSON document. Columns that some versions lack are taken
# from whole rows.
bm_all_plan() {
  local roles='pg_authid' passwords=true parameters="'[]'::jsonb"
  if [[ $(bm_pg_query "SELECT has_table_privilege('pg_catalog.pg_authid', 'SELECT')") != t ]]; then
    roles='pg_roles' passwords=false
    bm_log "Warning: the user $PGUSER may not read the passwords of roles, so they are not in the backup. Use a superuser for that."
  fi
  if ((BM_PG_SERVER >= 150000)); then
    parameters="(SELECT coalesce(jsonb_agg(jsonb_build_object('name', parname, 'role', pg_get_userbyid(grantee), 'privilege', privilege_type, 'grantable', is_grantable)), '[]')
      FROM pg_parameter_acl, aclexplode(paracl) WHERE grantee <> 10)"
  fi
  bm_pg_query "SELECT jsonb_build_object(
    'server', $BM_PG_SERVER, 'passwords', $passwords,
    'databases', (SELECT coalesce(jsonb_agg(to_jsonb(d) - 'datacl' || jsonb_build_object('oid', d.oid::text, 'owner', pg_get_userbyid(datdba),
        'encoding', pg_encoding_to_char(d.encoding), 'tablespace', spcname, 'comment', shobj_description(d.oid, 'pg_database'),
        'acl', CASE WHEN datacl IS NOT NULL THEN (SELECT coalesce(jsonb_agg(jsonb_build_object('role', CASE WHEN grantee <> 0 THEN pg_get_userbyid(grantee) END,
          'privilege', privilege_type, 'grantable', is_grantable)), '[]') FROM aclexplode(datacl)) END)), '[]')
      FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace WHERE $(bm_pg_wanted)),
    'roles', (SELECT coalesce(jsonb_agg(to_jsonb(r) || jsonb_build_object('comment', shobj_description(r.oid, 'pg_authid'))), '[]') FROM $roles r WHERE rolname !~ '^pg_'),
    'members', (SELECT coalesce(jsonb_agg(jsonb_build_object('role', pg_get_userbyid(roleid), 'member', pg_get_userbyid(member), 'admin', admin,
        'inherit', inherit, 'set', set)), '[]')
      FROM (SELECT roleid, member, bool_or(admin_option) AS admin, bool_or((to_jsonb(m)->>'inherit_option')::boolean) AS inherit,
        bool_or((to_jsonb(m)->>'set_option')::boolean) AS set FROM pg_auth_members m GROUP BY 1, 2) m WHERE pg_get_userbyid(member) !~ '^pg_'),
    'settings', (SELECT coalesce(jsonb_agg(jsonb_build_object('role', CASE WHEN setrole <> 0 THEN pg_get_userbyid(setrole) END,
        'database', nullif(setdatabase, 0)::text, 'name', split_part(c, '=', 1), 'value', substr(c, strpos(c, '=') + 1))), '[]')
      FROM pg_db_role_setting, unnest(setconfig) c),
    'parameters', $parameters,
    'tablespaces', (SELECT coalesce(jsonb_agg(jsonb_build_object('name', spcname, 'owner', pg_get_userbyid(spcowner), 'location', pg_tablespace_location(oid))), '[]')
      FROM pg_tablespace WHERE spcname !~ '^pg_'))"
}

# Custom format of the database $1, in the characters that the database has.
bm_all_dump() (
  export PGDATABASE=$1
  unset PGCLIENTENCODING
  "$BM_PG/pg_dump" --no-password --format=custom --compress=1 --blobs --no-subscriptions
)

# Binary data has no lines, and no tool that is everywhere can say where a part of a pipe ends: so sections are base64, which no line
# of ours looks like.
bm_dump_all() {
  set -uo pipefail
  local plan number numbers closed count=0 title
  local BM_PG_NAME
  closed=$(bm_pg_closed) || return 1
  [[ -z $closed ]] || { bm_log "Error: a backup of all databases would lack some. $closed"; return 1; }
  plan=$(bm_all_plan) || return 1
  numbers=$(bm_pg_query "SELECT oid FROM pg_database WHERE $(bm_pg_wanted) ORDER BY datname") || return 1
  [[ -n $numbers ]] || { bm_log 'Error: there is no database to back up.'; return 1; }
  printf 'BACKSTAY POSTGRESQL 1\nplan\n'
  printf '%s' "$plan" | base64 -w 8192 || return 1
  printf '.\n'
  for number in $numbers; do
    title=$(bm_pg_query "SELECT to_json(datname::text)::text || ' (' || pg_size_pretty(pg_database_size(oid)) || ')' FROM pg_database WHERE oid = $number") || return 1
    bm_pg_name "$number" || { bm_log "Error: a database was dropped or renamed meanwhile."; return 1; }
    bm_log "PostgreSQL: dumping $title"
    printf 'database %s %s\n' "$number" "${title% (*}"
    bm_all_dump "$BM_PG_NAME" | base64 -w 8192 || return 1
    printf '.\n'
    count=$((count + 1))
  done
  printf 'end %s\n' "$count"
  bm_log "PostgreSQL: the dump of $count databases is complete"
}
