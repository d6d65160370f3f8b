
# Splits a dump in two. Tables and rows go to stdout, for databases that are made for them: backstay_new_1 and so on. What can
# refer to anything (views, triggers, routines, events) goes to the file objects, for the databases themselves, when the tables are there. The file
# sections says which number is which database. Names stand as they do in SQL. Text of mysqldump has no line breaks in rows, and
# what may have them stands between DELIMITER lines. Fails unless the last line of the dump has been seen.
bm_my_split() {
  awk '
    function both(line) { print line; print line > objects }
    function begin(name, rest) {
      number++
      print number "\t" name > sections
      print "CREATE DATABASE `backstay_new_" number "`" rest
      enter(name, number)
    }
    function enter(name, n) {
      current = name
      print "USE `backstay_new_" n "`;"
      print "USE " name ";" > objects
    }
    function use(name) {
      sectioned = 1
      if (target != "") {
        wanted = name == target
        if (wanted) { found = 1; enter(name, 1) }
      } else if (name ~ /^`(mysql|sys|information_schema|performance_schema)`$/) {
        wanted = 0
        print "Warning: the database " name " belongs to the server and is left as it is." > "/dev/stderr"
      } else if (name in numbers) {
        wanted = 1
        enter(name, numbers[name])
      } else {
        wanted = 1
        begin(name, rest)
        numbers[name] = number
      }
      rest = ";"
    }
    # Who an object runs as, where it is no account that this user may choose, becomes this user.
    function owner(line,    head, who) {
      if (!match(line, /^(CREATE |\/\*![0-9]+ (CREATE(\*\/ \/\*![0-9]+)? )?)(OR REPLACE )?DEFINER=`([^`]|``)*`(@`([^`]|``)*`)? ?/)) return line
      head = substr(line, 1, RLENGTH)
      line = substr(line, RLENGTH + 1)
      match(head, /DEFINER=/)
      who = substr(head, RSTART + 8)
      sub(/ $/, "", who)
      if (who in known) return head line
      if (!(who in told)) {
        told[who] = 1
        print "Warning: the user " who " does not exist here or may not be set; what ran as it runs as the restoring user." > "/dev/stderr"
      }
      return substr(head, 1, RSTART - 1) line
    }
    function object(line) { if (wanted) print line > objects }
    BEGIN {
      target = ENVIRON["BM_MY_TARGET"]
      objects = ENVIRON["BM_MY_WORK"] "/objects"
      sections = ENVIRON["BM_MY_WORK"] "/sections"
      count = split(ENVIRON["BM_MY_USERS"], names, "\n")
      for (i = 1; i <= count; i++) known[names[i]] = 1
      rest = ";"
      printf "" > objects
      printf "" > sections
      if (target != "") { begin(target, ENVIRON["BM_MY_CHARSET"] ";"); wanted = 1 }
    }
    block {
      if ($0 == "DELIMITER ;") { block = 0; object($0); next }
      object(first ? owner($0) : $0)
      first = /;;$/ || (first && /^(\/\*M?![0-9]+ )?SET /)
      next
    }
    view {
      object(owner($0))
      if (/\*\/;$/) view = 0
      next
    }
    /^INSERT / { complete = 0; lost += !wanted && !sectioned; if (wanted) print; next }
    /^-- Dump completed/ { complete = 1; next }
    /^$/ || /^--/ || /^\/\*M!999999/ { next }
    { complete = complete && /^(\/\*M?![0-9]+ )?SET / }
    /^(\/\*M?![0-9]+ )?SET / { both($0); next }
    /^DELIMITER / { block = 1; first = 1; object($0); next }
    /^\/\*!50001 / { view = !/\*\/;$/; object($0); next }
    /^\/\*!40000 DROP DATABASE / { next }
    /^CREATE DATABASE / && match($0, /`([^`]|``)*`/) { rest = substr($0, RSTART + RLENGTH); next }
    /^USE `/ { use(substr($0, 5, length($0) - 5)); next }
    /^ALTER DATABASE `/ && match($0, /`([^`]|``)*`/) { object("ALTER DATABASE " current substr($0, RSTART + RLENGTH)); next }
    { lost += !wanted && !sectioned; if (wanted) print }
    END {
      problem = ""
      if (!NR) problem = "the backup is empty."
      else if (!complete) problem = "the backup ends too early, or is not a dump of mysqldump or mariadb-dump: its last line is missing."
      else if (sectioned && target != "" && !found) problem = "the backup holds several databases, and " target " is not one of them."
      else if (lost || (target == "" && !number)) problem = "the backup holds one database without its name. Say in the parameter db where it is to go."
      if (problem != "") print "Error: " problem > "/dev/stderr"
      close(objects)
      close(sections)
      exit problem != ""
    }
  '
}

# Rows of SQL that drop whatever of the database $1 is no table.
bm_my_drops() {
  local schema
  schema=$(bm_my_text "$1")
  bm_my_query "SET SESSION sql_mode = '';
    SELECT CONCAT('DROP TRIGGER \`', REPLACE(trigger_schema, '\`', '\`\`'), '\`.\`', REPLACE(trigger_name, '\`', '\`\`'), '\`;')
      FROM information_schema.triggers WHERE trigger_schema = $schema;
    SELECT CONCAT('DROP VIEW \`', REPLACE(table_schema, '\`', '\`\`'), '\`.\`', REPLACE(table_name, '\`', '\`\`'), '\`;')
      FROM information_schema.tables WHERE table_schema = $schema AND table_type = 'VIEW';
    SELECT CONCAT('DROP ', routine_type, ' IF EXISTS \`', REPLACE(routine_schema, '\`', '\`\`'), '\`.\`', REPLACE(routine_name, '\`', '\`\`'), '\`;')
      FROM information_schema.routines WHERE routine_schema = $schema ORDER BY routine_type = 'PACKAGE';
    SELECT CONCAT('DROP EVENT \`', REPLACE(event_schema, '\`', '\`\`'), '\`.\`', REPLACE(event_name, '\`', '\`\`'), '\`;')
      FROM information_schema.events WHERE event_schema = $schema"
}

# The members of a RENAME TABLE that moves every table of the database $1 to the database $2.
bm_my_moves() {
  bm_my_query "SELECT CONCAT('\`', REPLACE(table_schema, '\`', '\`\`'), '\`.\`', REPLACE(table_name, '\`', '\`\`'), '\` TO ',
      REPLACE($(bm_my_text "$(bm_my_name "$2")"), '\\\\', '\\\\\\\\'), '.\`', REPLACE(table_name, '\`', '\`\`'), '\`,')
    FROM information_schema.tables WHERE table_schema = $(bm_my_text "$1") AND table_type <> 'VIEW'"
}

# Drops what restores need beside the databases themselves.
bm_my_sweep() {
  local name
  while IFS= read -r name; do
    [[ -z $name ]] || printf 'DROP DATABASE `%s`;\n' "$name"
  done < <(bm_my_query "SELECT schema_name FROM information_schema.schemata
      WHERE schema_name REGEXP '^backstay_(new|old)_[0-9]+\$'") |
    { printf 'SET FOREIGN_KEY_CHECKS = 0;\n'; cat; } | bm_my
}

# Only one restore at a time may use the names above. The lock goes with its connection, so a killed restore holds none.
bm_my_lock() {
  local got=''
  coproc BM_LOCK { bm_my --unbuffered 2>&1; }
  printf "SELECT GET_LOCK('backstay-restore', 5);\n" >&"${BM_LOCK[1]}"
  IFS= read -r -t 60 got <&"${BM_LOCK[0]}" || true
  [[ $got == 1 ]] || { bm_log 'Error: another restore is running on this server. Wait until it has ended.'; return 1; }
}

# Reads sections into BM_MY_NAMES, by number. Names that stand in SQL become plain.
bm_my_sections() {
  local number name
  BM_MY_NAMES=()
  while IFS=$'\t' read -r number name; do
    name=${name#\`}
    name=${name%\`}
    BM_MY_NAMES[number]=${name//\`\`/\`}
  done <"$BM_MY_WORK/sections"
}

# A foreign key follows a table that is moved: one across the border of what is restored would lead astray.
bm_my_borders() {
  local number inside='' staged='' found
  for number in "${!BM_MY_NAMES[@]}"; do
    inside+="$(bm_my_text "${BM_MY_NAMES[number]}"),"
    staged+="'backstay_new_$number',"
  done
  found=$(bm_my_query "SELECT CONCAT(constraint_schema, '.', table_name, ' refers to ', unique_constraint_schema, '.', referenced_table_name)
    FROM information_schema.referential_constraints
    WHERE (unique_constraint_schema IN (${inside%,}) AND constraint_schema NOT IN (${inside%,}))
      OR (constraint_schema IN (${staged%,}) AND unique_constraint_schema <> constraint_schema)
      OR (constraint_schema IN (${inside%,}) AND unique_constraint_schema <> constraint_schema) LIMIT 1") || return 1
  [[ -z $found ]] && return
  bm_log "Error: a foreign key goes from one database to another ($found), so they cannot be replaced. Drop it, restore, and add it again."
  return 1
}

# Options that leave out the views of the database $1 that refer to something that is gone: no tool can write or make them. Sets
# BM_MY_BROKEN.
bm_my_broken() {
  local view views
  BM_MY_BROKEN=()
  views=$(bm_my_query "SELECT table_name FROM information_schema.tables WHERE table_schema = $(bm_my_text "$1") AND table_type = 'VIEW'") || return 1
  while IFS= read -r view; do
    [[ -n $view ]] || continue
    if [[ $(bm_my_query "SHOW FIELDS FROM $(bm_my_name "$1").$(bm_my_name "$view")" 2>&1) == *'ERROR 1356'* ]]; then
      BM_MY_BROKEN+=("--ignore-table=$1.$view")
      bm_log "Warning: the view $view refers to something that is gone; it would not come back if the restore failed."
    fi
  done <<<"$views"
}

# Keeps the views, triggers, routines and events of today as SQL.
bm_my_keep() {
  local number name
  local -a BM_MY_BROKEN
  printf '' >"$BM_MY_WORK/kept"
  for number in "${!BM_MY_NAMES[@]}"; do
    name=${BM_MY_NAMES[number]}
    bm_my_exists "$name" || continue
    bm_my_broken "$name" || return 1
    (
      mkdir "$BM_MY_WORK/keep-$number" || exit 1
      BM_MY_TARGET=$(bm_my_name "$name") BM_MY_WORK=$BM_MY_WORK/keep-$number
      export BM_MY_TARGET BM_MY_WORK
      { bm_my_dump --single-transaction --skip-lock-tables --no-data --routines --events --triggers --no-tablespaces \
        "${BM_MY_BROKEN[@]}" -- "$name" &&
        printf -- '-- Dump completed\n'; } | bm_my_split >/dev/null
    ) || return 1
    cat "$BM_MY_WORK/keep-$number/objects" >>"$BM_MY_WORK/kept" || return 1
  done
}

bm_my_exists() {
  [[ -n $(bm_my_query "SELECT 1 FROM information_schema.schemata WHERE schema_name = $(bm_my_text "$1")") ]]
}

# Drops what is no table in every database that is replaced.
bm_my_clear() {
  local number
  for number in "${!BM_MY_NAMES[@]}"; do bm_my_drops "${BM_MY_NAMES[number]}" || return 1; done >"$BM_MY_WORK/drops"
  bm_my <"$BM_MY_WORK/drops"
}

# Moves tables between databases in one statement: from $1_<number> to the databases, and what was there to $2_<number>.
bm_my_move() {
  local number name moves=''
  for number in "${!BM_MY_NAMES[@]}"; do
    name=${BM_MY_NAMES[number]}
    moves+=$(bm_my_moves "$name" "$2_$number") || return 1
    moves+=$'\n'
  done
  for number in "${!BM_MY_NAMES[@]}"; do
    name=${BM_MY_NAMES[number]}
    moves+=$(bm_my_moves "$1_$number" "$name") || return 1
    moves+=$'\n'
  done
  while [[ $moves == *$'\n' ]]; do moves=${moves%$'\n'}; done
  [[ -n $moves ]] || return 0
  printf "SET lock_wait_timeout = 20;\nSET FOREIGN_KEY_CHECKS = 0;\nRENAME TABLE %s;\n" "${moves%,}" | bm_my
}

bm_my_prepare() {
  local number name
  for number in "${!BM_MY_NAMES[@]}"; do
    name=$(bm_my_name "${BM_MY_NAMES[number]}")
    printf 'CREATE DATABASE `backstay_old_%s`;\n' "$number"
    bm_my_query "SELECT CONCAT('CREATE DATABASE IF NOT EXISTS ', $(bm_my_text "$name"), ' CHARACTER SET ', default_character_set_name, ' COLLATE ', default_collation_name, ';')
      FROM information_schema.schemata WHERE schema_name = 'backstay_new_$number'" || return 1
  done >"$BM_MY_WORK/prepare"
  bm_my <"$BM_MY_WORK/prepare"
}

bm_my_count() {
  bm_my_query "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema REGEXP '^backstay_$1_[0-9]+\$' AND table_type <> 'VIEW'"
}

# Whether the tables have been moved, $1 being how many there were to move: an answer of the server can be lost. Sets BM_MY_MOVED.
bm_my_moved() {
  local count
  if (($1)); then count=$(bm_my_count new) && BM_MY_MOVED=$((count == 0)); else count=$(bm_my_count old) && BM_MY_MOVED=$((count > 0)); fi
}

bm_my_undo() {
  bm_log 'MySQL: putting back what was there'
  bm_my_moved "$1" || return 1
  if ((BM_MY_MOVED)); then bm_my_clear && bm_my_move backstay_old backstay_new || return 1; fi
  bm_my_clear && bm_my <"$BM_MY_WORK/kept"
}

# Returns 1 when nothing has changed, and 2 when that is not certain.
bm_my_swap() {
  local staged
  bm_my_prepare && bm_my_keep && staged=$(bm_my_count new) || return 1
  if bm_my_clear && bm_my_move backstay_new backstay_old && bm_my <"$BM_MY_WORK/objects"; then return 0; fi
  if bm_my_undo "$staged"; then return 1; fi
  bm_log 'Error: not everything could be put back. Tables from before the restore may be in the databases backstay_old_1 and so on. Save them before another restore, which removes them.'
  return 2
}

bm_my_users() {
  bm_my_query "SELECT CONCAT('\`', REPLACE(SUBSTRING_INDEX(CURRENT_USER(), '@', 1), '\`', '\`\`'), '\`@\`', SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '\`')"
  if [[ -n $(bm_my_query "SELECT 1 FROM information_schema.user_privileges
    WHERE privilege_type IN ('SUPER', 'SET USER', 'SET_USER_ID', 'SET_ANY_DEFINER') LIMIT 1") ]]; then
    bm_my_query "SELECT CONCAT('\`', REPLACE(user, '\`', '\`\`'), '\`@\`', REPLACE(host, '\`', '\`\`'), '\`') FROM mysql.user" 2>/dev/null || true
  fi
}

bm_my_restore() {
  local what=${BM_PARAM_DB:-all databases of the backup}
  bm_my_lock && bm_my_sweep || return 1
  bm_log "MySQL: loading $what beside what is there"
  if bm_my_split | bm_my && bm_my_sections && bm_my_borders; then
    bm_log 'MySQL: everything has arrived; replacing what is there'
    local status=0
    bm_my_swap || status=$?
    if ((status == 0)); then
      bm_my_sweep || bm_log 'Warning: the databases backstay_old_* could not be removed; the next restore does it.'
      bm_log "MySQL: $what is restored"
      return 0
    fi
    if ((status == 2)); then return 1; fi
  fi
  bm_my_sweep || true
  bm_log "Error: the restore failed. What was there is as it was: $what."
  return 1
}

bm_load() {
  set -uo pipefail
  export BM_MY_WORK BM_MY_USERS BM_MY_TARGET='' BM_MY_CHARSET=''
  BM_MY_WORK=$(mktemp -d) || return 1
  trap 'rm -rf -- "$BM_MY_WORK"' EXIT
  BM_MY_USERS=$(bm_my_users) || return 1
  if [[ -n $BM_PARAM_DB ]]; then
    BM_MY_TARGET=$(bm_my_name "$BM_PARAM_DB")
    BM_MY_CHARSET=$(bm_my_query "SELECT CONCAT(' CHARACTER SET ', default_character_set_name, ' COLLATE ', default_collation_name)
      FROM information_schema.schemata WHERE schema_name = $(bm_my_text "$BM_PARAM_DB")") || return 1
  fi
  bm_my_restore
}

bm_restore bm_load
