
# Everything that a dump brings back must go first, in the same transaction. Extensions outside of dropped schemas stay: the
# dump says CREATE EXTENSION IF NOT EXISTS; the rows that they let a dump carry are removed.
bm_clear() {
  cat <<'SQL'
BEGIN;
SET client_min_messages = warning;
SET lock_timeout = '20s';
CREATE SCHEMA IF NOT EXISTS public;
DO $backstay$
DECLARE
  item record;
  kind text;
BEGIN
  FOR item IN SELECT evtname FROM pg_event_trigger e
    WHERE NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_event_trigger'::regclass AND d.objid = e.oid AND d.deptype = 'e')
  LOOP
    EXECUTE format('DROP EVENT TRIGGER %I', item.evtname);
  END LOOP;
  FOR item IN SELECT pubname FROM pg_publication LOOP
    EXECUTE format('DROP PUBLICATION %I', item.pubname);
  END LOOP;
  FOR item IN SELECT nspname FROM pg_namespace n
    WHERE nspname <> 'public' AND nspname <> 'information_schema' AND nspname !~ '^pg_'
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e')
  LOOP
    EXECUTE format('DROP SCHEMA %I CASCADE', item.nspname);
  END LOOP;
  FOR item IN
    SELECT i.type, i.identity FROM (
      SELECT d.classid, d.objid FROM pg_depend d
        WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = 'public'::regnamespace AND d.deptype = 'n'
          AND d.objsubid = 0 AND d.classid <> 'pg_default_acl'::regclass
      UNION ALL SELECT 'pg_foreign_server'::regclass, oid FROM pg_foreign_server
      UNION ALL SELECT 'pg_foreign_data_wrapper'::regclass, oid FROM pg_foreign_data_wrapper
      UNION ALL SELECT 'pg_cast'::regclass, oid FROM pg_cast WHERE oid >= 16384
      UNION ALL SELECT 'pg_transform'::regclass, oid FROM pg_transform WHERE oid >= 16384
      UNION ALL SELECT 'pg_language'::regclass, oid FROM pg_language WHERE oid >= 16384
      UNION ALL SELECT 'pg_am'::regclass, oid FROM pg_am WHERE oid >= 16384
    ) o, LATERAL pg_identify_object(o.classid, o.objid, 0) i
    WHERE NOT EXISTS (SELECT 1 FROM pg_depend e WHERE e.classid = o.classid AND e.objid = o.objid AND e.deptype IN ('e', 'i'))
  LOOP
    -- Gone meanwhile with something that it depended on.
    CONTINUE WHEN item.identity IS NULL;
    kind := CASE item.type WHEN 'composite type' THEN 'type' WHEN 'statistics object' THEN 'statistics'
      WHEN 'foreign-data wrapper' THEN 'foreign data wrapper' ELSE item.type END;
    IF kind = 'transform' OR kind = 'cast' THEN
      EXECUTE 'DROP ' || kind || ' IF EXISTS ' || regexp_replace(item.identity, '^for ', 'FOR ') || ' CASCADE';
    ELSE
      EXECUTE 'DROP ' || kind || ' IF EXISTS ' || item.identity || ' CASCADE';
    END IF;
  END LOOP;
  FOR item IN SELECT c.oid::regclass AS name, x.condition FROM pg_extension e,
    LATERAL unnest(e.extconfig, e.extcondition) AS x(relation, condition), pg_class c WHERE c.oid = x.relation AND c.relkind = 'r'
  LOOP
    EXECUTE 'DELETE FROM ' || item.name || ' ' || coalesce(item.condition, '');
  END LOOP;
  PERFORM lo_unlink(oid) FROM pg_largeobject_metadata;
EXCEPTION WHEN lock_not_available THEN
  RAISE EXCEPTION 'Other sessions are using this database, so it cannot be replaced now'
    USING HINT = 'Stop the application, or end its connections, and restore again. Nothing was changed.';
END
$backstay$;
SQL
}

# Turns the SQL of pg_restore into a part of our transaction: its own BEGIN and COMMIT go, the last lines being held back until
# the end is known. Outside of data and function bodies it drops what this server or user cannot take: owners and rights of roles that do not exist
# here, a setting that older servers do not know, and comments on extensions of others.
bm_adapt() {
  awk '
    function role(line, word,    at, rest) {
      at = match(line, " " word " (\"([^\"]|\"\")*\"|[^ ;\"]+)( WITH GRANT OPTION)?;$")
      if (!at) return ""
      rest = substr(line, at + length(word) + 2)
      sub(/( WITH GRANT OPTION)?;$/, "", rest)
      return rest
    }
    function missing(name) {
      if (name == "" || name == "PUBLIC" || (name in known)) return 0
      if (!(name in told)) {
        told[name] = 1
        print "Warning: the role " name " does not exist here; what it owned or was granted is left to the restoring user." > "/dev/stderr"
      }
      return 1
    }
    function skip(line) {
      if (body != "") { if (index(line, body)) body = ""; return 0 }
      if (match(line, /^ +AS \$[A-Za-z0-9_]*\$/)) {
        body = substr(line, RSTART, RLENGTH)
        sub(/^ +AS /, "", body)
        if (index(substr(line, RSTART + RLENGTH), body)) body = ""
        return 0
      }
      if (!begun && line == "BEGIN;") { begun = 1; return 1 }
      if (line == "SET transaction_timeout = 0;") return server < 170000
      if (line ~ /^COMMENT ON EXTENSION /) return !super
      if (line ~ /^ALTER .* OWNER TO /) return missing(role(line, "OWNER TO"))
      if (line ~ /^GRANT /) return missing(role(line, "TO"))
      if (line ~ /^REVOKE /) return missing(role(line, "FROM"))
      if (line ~ /^SET SESSION AUTHORIZATION /) return missing(role(line, "AUTHORIZATION"))
      if (line ~ /^ALTER DEFAULT PRIVILEGES /) return missing(role(line, "TO")) || missing(role(line, "FROM")) || missing(owner(line))
      return 0
    }
    function owner(line,    rest) {
      if (!match(line, /FOR ROLE ("([^"]|"")*"|[^ "]+)/)) return ""
      rest = substr(line, RSTART + 9, RLENGTH - 9)
      return rest
    }
    BEGIN {
      count = split(ENVIRON["BM_PG_ROLES"], names, "\n")
      for (i = 1; i <= count; i++) known[names[i]] = 1
      server = ENVIRON["BM_PG_SERVER"] + 0
      super = ENVIRON["BM_PG_SUPER"] == "t"
      size = 16
    }
    {
      if (copying) { if ($0 == "\\.") copying = 0 }
      else if ($0 ~ /^COPY .* FROM stdin;$/) copying = 1
      else if (skip($0)) next
      slot = total % size
      if (total >= size) print held[slot]
      held[slot] = $0
      total++
    }
    END {
      first = total > size ? total - size : 0
      commit = -1
      for (i = first; i < total; i++) if (held[i % size] == "COMMIT;") commit = i
      for (i = first; i < total; i++) if (i != commit) print held[i % size]
      exit commit < 0
    }
  '
}

# Names of roles are written in the characters of the dump: in those of the database, or in UTF-8.
bm_roles() {
  export BM_PG_ROLES BM_PG_SUPER
  BM_PG_ROLES=$(bm_pg_query 'SELECT quote_ident(rolname) FROM pg_roles') || return 1
  BM_PG_ROLES+=$'\n'$(unset PGCLIENTENCODING; bm_pg_query 'SELECT quote_ident(rolname) FROM pg_roles') || return 1
  BM_PG_SUPER=$(bm_pg_query 'SELECT rolsuper FROM pg_roles WHERE rolname = current_user') || return 1
}

bm_sql() {
  set -o pipefail
  bm_read_magic 5
  bm_clear
  case $BM_MAGIC in
    5047444d50)
      { printf '%b' "$BM_MAGIC_ESCAPED"; cat; } |
        { "$BM_PG/pg_restore" --single-transaction --file=- && cat >/dev/null; } | bm_adapt || return 1
      ;;
    4241434b53)
      { printf '%b' "$BM_MAGIC_ESCAPED"; cat; } | bm_all_pick "$BM_PG_TITLE" | base64 -d |
        { "$BM_PG/pg_restore" --single-transaction --file=- && cat >/dev/null; } | bm_adapt || return 1
      ;;
    '') bm_log 'Error: the backup is empty.'; return 1 ;;
    *) bm_log 'Error: this backup is not a dump of pg_dump in custom format.'; return 1 ;;
  esac
  printf 'COMMIT;\n'
}

bm_load() {
  set -uo pipefail
  export BM_PG_TITLE
  BM_PG_TITLE=$(bm_pg_query 'SELECT to_json(current_database()::text)') || return 1
  bm_roles || return 1
  bm_log "PostgreSQL: replacing the content of \"$PGDATABASE\" in one transaction"
  if bm_sql | "$BM_PG/psql" --no-psqlrc --no-password --quiet --set ON_ERROR_STOP=1 --output=/dev/null; then
    bm_log "PostgreSQL: \"$PGDATABASE\" is restored"
  else
    bm_log "Error: the restore was rolled back. The database \"$PGDATABASE\" is as it was."
    return 1
  fi
}

if [[ -n $BM_PARAM_DB ]]; then bm_restore bm_load; else bm_restore bm_load_all; fi
