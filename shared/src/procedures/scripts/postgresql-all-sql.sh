
# Takes the plan of a backup (base64) from stdin into tables of the database backstay_restore, and makes the roles that are missing, which may
# do nothing yet: databases that load beside belong to them.
bm_all_plan_sql() {
  cat <<'SQL'
SET client_min_messages = warning;
BEGIN;
DROP TABLE IF EXISTS plan, target, done;
CREATE TABLE done (at timestamptz);
CREATE TABLE plan AS SELECT convert_from(decode('
SQL
  tr -cd 'A-Za-z0-9+/='
  printf "', 'base64'), 'UTF8')::jsonb AS body;
    CREATE TABLE target AS SELECT d->>'oid' AS n, d->>'datname' AS name, d AS body
      FROM plan, jsonb_array_elements(body->'databases') d WHERE NOT (%s);\n" "$(bm_pg_excluded "d->>'datname'")"
  cat <<'SQL'
INSERT INTO created SELECT r->>'rolname' FROM plan, jsonb_array_elements(body->'roles') r
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r->>'rolname');
DO $backstay$
DECLARE
  problem text;
  item text;
BEGIN
  IF NOT EXISTS (SELECT FROM target) THEN RAISE 'The backup holds no database that is not left out.'; END IF;
  SELECT format('The database %I has the logical replication slot %I, which would be lost. Drop it first.', database, slot_name) INTO problem
    FROM pg_replication_slots WHERE database::text IN (SELECT name FROM target) LIMIT 1;
  IF problem IS NOT NULL THEN RAISE '%', problem; END IF;
  SELECT format('The database %I has the subscription %I, which would be lost. Drop it first.', datname, subname) INTO problem
    FROM pg_subscription JOIN pg_database d ON d.oid = subdbid WHERE datname::text IN (SELECT name FROM target) LIMIT 1;
  IF problem IS NOT NULL THEN RAISE '%', problem; END IF;
  SELECT format('The database %I has a prepared transaction (%s). Commit it or roll it back first.', database, gid) INTO problem
    FROM pg_prepared_xacts WHERE database::text IN (SELECT name FROM target) LIMIT 1;
  IF problem IS NOT NULL THEN RAISE '%', problem; END IF;
  FOR item IN SELECT t->>'name' FROM plan, jsonb_array_elements(body->'tablespaces') t
    WHERE NOT EXISTS (SELECT FROM pg_tablespace WHERE spcname = t->>'name')
  LOOP
    RAISE WARNING 'This server has no tablespace %, so what was in it goes to the default one.', quote_ident(item);
  END LOOP;
  FOR item IN SELECT name FROM created LOOP EXECUTE format('CREATE ROLE %I NOLOGIN', item); END LOOP;
END
$backstay$;
COMMIT;
SQL
}

# A statement that makes the database to load into. Only superusers may use it until it is in place.
bm_all_create_sql() {
  cat <<SQL
SELECT format('CREATE DATABASE %I OWNER %I TEMPLATE template0 ENCODING %L LC_COLLATE %L LC_CTYPE %L CONNECTION LIMIT 0', 'backstay_new_' || n,
    coalesce((SELECT rolname FROM pg_roles WHERE rolname = body->>'owner'), current_user), body->>'encoding', body->>'datcollate', body->>'datctype')
  || CASE WHEN $BM_PG_SERVER >= 150000 OR provider <> 'c'
    THEN ' LOCALE_PROVIDER ' || CASE provider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END ELSE '' END
  || CASE WHEN provider = 'i' THEN format(' ICU_LOCALE %L', coalesce(body->>'datlocale', body->>'daticulocale')) ELSE '' END
  || CASE WHEN provider = 'b' THEN format(' BUILTIN_LOCALE %L', body->>'datlocale') ELSE '' END
  || CASE WHEN body->>'daticurules' <> '' THEN format(' ICU_RULES %L', body->>'daticurules') ELSE '' END
  || coalesce((SELECT format(' TABLESPACE %I', spcname) FROM pg_tablespace WHERE spcname = body->>'tablespace' AND spcname <> 'pg_default'), '')
FROM (SELECT *, coalesce(body->>'datlocprovider', 'c') AS provider FROM target WHERE n = '$1') t \\gexec
SQL
}

# Everything that is seen changes here, in one transaction. \$1 is the session that holds the lock.
bm_all_swap_sql() {
  printf "BEGIN;\nSET LOCAL client_min_messages = warning;\nSET LOCAL lock_timeout = '20s';\nSET LOCAL backstay.keeper = '%s';\nSET LOCAL backstay.passwords = '%s';\n" "$1" "${BM_PARAM_PASSWORDS:-false}"
  cat <<'SQL'
DO $backstay$
DECLARE
  plan jsonb := (SELECT body FROM plan);
  item record;
  one record;
  part text;
  text_of text;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid::text = current_setting('backstay.keeper')) THEN
    RAISE 'The connection that kept other restores away is gone.';
  END IF;
  FOR item IN SELECT r AS body, r->>'rolname' AS name, EXISTS (SELECT FROM created WHERE name = r->>'rolname') AS new, p.rolvaliduntil AS until
    FROM jsonb_array_elements(plan->'roles') r, pg_roles p WHERE p.rolname = r->>'rolname' AND p.rolname <> current_user AND p.oid <> 10
  LOOP
    part := format('ALTER ROLE %I CONNECTION LIMIT %s', item.name, item.body->>'rolconnlimit');
    IF item.until IS NOT NULL OR item.body->>'rolvaliduntil' IS NOT NULL THEN
      part := part || format(' VALID UNTIL %L', coalesce(item.body->>'rolvaliduntil', 'infinity'));
    END IF;
    FOR one IN SELECT * FROM (VALUES ('rolsuper', 'SUPERUSER'), ('rolinherit', 'INHERIT'), ('rolcreaterole', 'CREATEROLE'),
      ('rolcreatedb', 'CREATEDB'), ('rolcanlogin', 'LOGIN'), ('rolreplication', 'REPLICATION'), ('rolbypassrls', 'BYPASSRLS')) v (field, word)
    LOOP
      part := part || CASE WHEN (item.body->>one.field)::boolean THEN ' ' ELSE ' NO' END || one.word;
    END LOOP;
    IF (plan->>'passwords')::boolean AND (item.new OR current_setting('backstay.passwords') = 'true') THEN
      part := part || format(' PASSWORD %L', item.body->>'rolpassword');
    ELSIF item.new AND (item.body->>'rolcanlogin')::boolean THEN
      RAISE WARNING 'The role % has no password: the backup holds none.', quote_ident(item.name);
    END IF;
    EXECUTE part;
    EXECUTE format('ALTER ROLE %I RESET ALL', item.name);
    EXECUTE format('COMMENT ON ROLE %I IS %L', item.name, item.body->>'comment');
  END LOOP;
  FOR item IN SELECT * FROM jsonb_to_recordset(plan->'members') AS m (role text, member text, admin boolean, inherit boolean, set boolean) LOOP
    part := format('GRANT %I TO %I', item.role, item.member);
    IF item.inherit IS NOT NULL AND current_setting('server_version_num')::int >= 160000 THEN
      part := part || format(' WITH ADMIN %s, INHERIT %s, SET %s', item.admin::text, item.inherit::text, item.set::text);
    ELSIF item.admin THEN
      part := part || ' WITH ADMIN OPTION';
    END IF;
    BEGIN
      EXECUTE part;
    EXCEPTION WHEN OTHERS THEN RAISE WARNING 'Left out: % (%)', part, SQLERRM;
    END;
  END LOOP;
  FOR item IN SELECT * FROM jsonb_to_recordset(plan->'parameters') AS p (name text, role text, privilege text, grantable boolean) WHERE name ~ '^[a-z0-9_.$]+$'
  LOOP
    part := format('GRANT %s ON PARAMETER %s TO %s', item.privilege, item.name, CASE WHEN item.role ~ '^unknown ' THEN 'PUBLIC' ELSE quote_ident(item.role) END)
      || CASE WHEN item.grantable THEN ' WITH GRANT OPTION' ELSE '' END;
    BEGIN
      EXECUTE part;
    EXCEPTION WHEN OTHERS THEN RAISE WARNING 'Left out: % (%)', part, SQLERRM;
    END;
  END LOOP;
  FOR item IN SELECT *, 'backstay_new_' || n AS new FROM target ORDER BY name LOOP
    EXECUTE format('ALTER DATABASE %I WITH CONNECTION LIMIT %s IS_TEMPLATE %s', item.new, item.body->>'datconnlimit', item.body->>'datistemplate');
    EXECUTE format('COMMENT ON DATABASE %I IS %L', item.new, item.body->>'comment');
    IF jsonb_typeof(item.body->'acl') = 'array' THEN
      EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', item.new);
      EXECUTE format('REVOKE ALL ON DATABASE %I FROM %I', item.new, (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = item.new));
      FOR one IN SELECT * FROM jsonb_to_recordset(item.body->'acl') AS a (role text, privilege text, grantable boolean) LOOP
        part := format('GRANT %s ON DATABASE %I TO %s', one.privilege, item.new, coalesce(quote_ident(one.role), 'PUBLIC'))
          || CASE WHEN one.grantable THEN ' WITH GRANT OPTION' ELSE '' END;
        BEGIN
          EXECUTE part;
        EXCEPTION WHEN undefined_object THEN RAISE WARNING 'Left out: % on % for the role %, which does not exist here', one.privilege, item.name, one.role;
        END;
      END LOOP;
    END IF;
    IF EXISTS (SELECT FROM pg_database WHERE datname = item.name) THEN
      EXECUTE format('ALTER DATABASE %I RENAME TO %I', item.name, 'backstay_old_' || item.n);
    END IF;
    EXECUTE format('ALTER DATABASE %I RENAME TO %I', item.new, item.name);
  END LOOP;
  FOR item IN SELECT s.*, t.name AS target FROM ROWS FROM (jsonb_to_recordset(plan->'settings') AS (role text, database text, name text, value text))
    WITH ORDINALITY AS s (role, database, name, value, place) LEFT JOIN target t ON t.n = s.database
    WHERE (s.database IS NULL OR t.n IS NOT NULL) AND NOT (s.database IS NULL AND s.role IS NOT NULL AND s.role IN (SELECT rolname FROM pg_roles WHERE oid = 10 OR rolname = current_user))
    ORDER BY s.place
  LOOP
    -- Lists are stored as they are written; anything else is one text.
    text_of := quote_literal(item.value);
    IF lower(item.name) IN ('search_path', 'local_preload_libraries', 'session_preload_libraries', 'temp_tablespaces') THEN
      text_of := CASE WHEN item.value IN ('', '""') THEN '''''' ELSE item.value END;
    END IF;
    part := CASE WHEN item.role IS NOT NULL THEN format('ALTER ROLE %I', item.role) || coalesce(' IN DATABASE ' || quote_ident(item.target), '')
      WHEN item.target IS NOT NULL THEN format('ALTER DATABASE %I', item.target) ELSE 'ALTER ROLE ALL' END || format(' SET %I TO %s', item.name, text_of);
    BEGIN
      EXECUTE part;
    EXCEPTION WHEN OTHERS THEN RAISE WARNING 'Left out: % (%)', part, SQLERRM;
    END;
  END LOOP;
  DELETE FROM created;
  INSERT INTO done VALUES (now());
END
$backstay$;
COMMIT;
SQL
}
