
# A value of an option file: in quotes, where a backslash escapes.
bm_my_quoted() {
  local value=${1//\\/\\\\}
  value=${value//\"/\\\"}
  value=${value//$'\n'/\\n}
  value=${value//$'\r'/\\r}
  printf '"%s"' "${value//$'\t'/\\t}"
}

# Options for the client tools, which read them from a file descriptor: arguments can be seen by everybody on the machine.
bm_my_options() {
  printf '[client]\nuser=%s\npassword=%s\n' "$(bm_my_quoted "$BM_PARAM_USER")" "$(bm_my_quoted "$BM_PARAM_PASSWORD")"
  if [[ $BM_PARAM_HOSTNAME == /* ]]; then
    printf 'socket=%s\n' "$(bm_my_quoted "$BM_PARAM_HOSTNAME")"
  else
    printf 'host=%s\nport=%s\nprotocol=tcp\n' "$(bm_my_quoted "$BM_PARAM_HOSTNAME")" "${BM_PARAM_PORT:-3306}"
  fi
}

# Sets BM_MY and BM_MY_DUMP, the client tools of either product.
bm_my_choose() {
  local name
  BM_MY='' BM_MY_DUMP=''
  for name in mysql mariadb; do
    if command -v "$name" >/dev/null; then BM_MY=$(command -v "$name"); fi
  done
  for name in mysqldump mariadb-dump; do
    if command -v "$name" >/dev/null; then BM_MY_DUMP=$(command -v "$name"); fi
  done
  [[ -n $BM_MY && -n $BM_MY_DUMP ]]
}

bm_my() {
  "$BM_MY" --defaults-extra-file=<(bm_my_options) --default-character-set=utf8mb4 --connect-timeout="${BM_MY_TIMEOUT:-15}" \
    --batch --skip-column-names --raw --binary-mode "$@"
}

bm_my_query() { bm_my --execute="$1" </dev/null; }

bm_my_dump() {
  "$BM_MY_DUMP" --defaults-extra-file=<(bm_my_options) --default-character-set=utf8mb4 "$@" </dev/null
}

# $1 as a name in SQL.
bm_my_name() { printf '`%s`' "${1//\`/\`\`}"; }

# $1 as a text in SQL, whatever the server takes backslashes for.
bm_my_text() { printf "CONVERT(X'%s' USING utf8mb4)" "$(printf '%s' "$1" | od -An -v -tx1 | tr -d ' \n')"; }

# Databases that belong to the server, or to a restore, in SQL.
bm_my_own="'mysql', 'sys', 'information_schema', 'performance_schema'"
bm_my_databases() {
  bm_my_query "SELECT schema_name FROM information_schema.schemata WHERE schema_name NOT IN ($bm_my_own)
    AND schema_name NOT LIKE 'backstay\\_new\\_%' AND schema_name NOT LIKE 'backstay\\_old\\_%' ORDER BY schema_name"
}
export bm_my_own

# Reads the words of BM_PARAM_DUMPOPTIONS into BM_MY_WORDS; returns 1 when one would send the dump or the password elsewhere.
bm_my_words() {
  local text=${BM_PARAM_DUMPOPTIONS-} word
  BM_MY_WORDS=()
  BM_PROBLEM=''
  [[ -n ${text//[[:space:]]/} ]] || return 0
  while IFS= read -r -d '' word; do BM_MY_WORDS+=("$word"); done < <(printf '%s\n' "$text" | xargs printf '%s\0' 2>/dev/null)
  if ((${#BM_MY_WORDS[@]} == 0)); then BM_PROBLEM='A quote in them has no end.'; fi
  for word in "${BM_MY_WORDS[@]}"; do
    case $word in
      --pass* | -p*) BM_PROBLEM='The password has a parameter of its own.' ;;
      --tab* | -T* | --res* | -r* | --defaults* | --databases | -B | --all-databases | -A)
        BM_PROBLEM="$word cannot be used here: it would change where the dump goes or what is in it." ;;
      -*) ;;
      *) BM_PROBLEM="Each must begin with a dash, and \"$word\" does not. Write --name=value." ;;
    esac
  done
  [[ -z $BM_PROBLEM ]]
}
