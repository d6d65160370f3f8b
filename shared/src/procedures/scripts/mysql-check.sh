
bm_problem() {
  printf '%s\t%s\n' "$1" "${2//[$'\t\n']/ }"
  exit 0
}

for bm_name in hostname port db user password dumpOptions; do
  bm_expand_variable "BM_PARAM_${bm_name^^}" || bm_problem "$bm_name" "The value cannot be used: $BM_PROBLEM"
done
[[ -n $BM_PARAM_HOSTNAME ]] || bm_problem hostname 'Say where the server is, for example localhost.'
[[ ${BM_PARAM_PORT:-3306} =~ ^[0-9]{1,5}$ ]] || bm_problem port 'A number from 1 to 65535, usually 3306.'
[[ -n $BM_PARAM_USER ]] || bm_problem user 'Say which user.'
bm_my_words || bm_problem dumpOptions "$BM_PROBLEM"
bm_my_choose || bm_problem hostname 'The client tools (mariadb-dump and mariadb, or mysqldump and mysql) are missing where the job runs. Use an image that has them, or install mariadb-client.'
export BM_MY_TIMEOUT=5

bm_where="$BM_PARAM_HOSTNAME on port ${BM_PARAM_PORT:-3306}"
# The tools say the same of a server that is not there and of one that does not answer.
bm_refused() {
  [[ $(BM_HOST=$BM_PARAM_HOSTNAME BM_PORT=${BM_PARAM_PORT:-3306} timeout 5 bash -c ': <"/dev/tcp/$BM_HOST/$BM_PORT"' 2>&1) == *'Connection refused'* ]]
}

bm_connection_problem() {
  if [[ $1 == *"Can't connect"* ]] && bm_refused; then set -- 'Connection refused'; fi
  case $1 in
    *'ERROR 2005'* | *'Unknown MySQL server host'* | *'Unknown server host'*) bm_problem hostname "There is no host named $BM_PARAM_HOSTNAME. Check the spelling." ;;
    *'ERROR 1045'*) bm_problem password "The server refused the user $BM_PARAM_USER with this password." ;;
    *'ERROR 1130'*) bm_problem user "The server lets nobody in from here. Give $BM_PARAM_USER an account for this address, such as '$BM_PARAM_USER'@'%'." ;;
    *'Connection refused'*) bm_problem port "Nothing listens at $bm_where. Is the server running, and is the port right?" ;;
    *'(110'* | *'(115'* | *'(113'* | *'(101'* | *'timed out'* | *'timeout'*)
      bm_problem hostname "$bm_where does not answer within 5 seconds. Check the address and the firewall." ;;
    *'through socket'*) bm_problem hostname "There is no server socket at $BM_PARAM_HOSTNAME." ;;
    *) bm_problem hostname "The server cannot be used: ${1##*ERROR }" ;;
  esac
}

bm_error=$(bm_my_query 'SELECT 1' 2>&1 >/dev/null) || bm_connection_problem "$bm_error"

# A global privilege, or one on the database $2, in SQL.
bm_may() {
  local found pattern
  pattern=$(bm_my_text "$2")
  found=$(bm_my_query "SELECT 1 FROM information_schema.user_privileges WHERE privilege_type = '$1'
    UNION SELECT 1 FROM information_schema.schema_privileges WHERE privilege_type = '$1' AND $pattern LIKE table_schema LIMIT 1" 2>/dev/null)
  [[ -n $found ]]
}

if [[ ${BM_OPERATION:-backup} == backup ]]; then
  if [[ -z $BM_PARAM_DB ]]; then
    [[ -n $(bm_my_databases) ]] || bm_problem user "The user $BM_PARAM_USER sees no database on this server. Grant it SELECT on *.*."
    exit 0
  fi
  bm_error=$(bm_my_query "USE $(bm_my_name "$BM_PARAM_DB")" 2>&1 >/dev/null) || {
    case $bm_error in
      *'ERROR 1049'*) bm_problem db "The server has no database $BM_PARAM_DB. Create it first, or check the spelling." ;;
      *'ERROR 1044'*) bm_problem db "The user $BM_PARAM_USER may not use $BM_PARAM_DB, or there is no such database." ;;
      *) bm_problem db "The database cannot be used: ${bm_error##*ERROR }" ;;
    esac
  }
  bm_may SELECT "$BM_PARAM_DB" ||
    bm_problem user "The user $BM_PARAM_USER may not read all of $BM_PARAM_DB. Grant it SELECT, SHOW VIEW, TRIGGER and EVENT there."
  for bm_name in 'SHOW VIEW' TRIGGER EVENT; do
    bm_may "$bm_name" "$BM_PARAM_DB" || bm_problem user "The user $BM_PARAM_USER lacks $bm_name on $BM_PARAM_DB. Grant it, or use the owner."
  done
else
  for bm_name in backstay_new_1 backstay_old_1; do
    bm_may CREATE "$bm_name" && bm_may DROP "$bm_name" ||
      bm_problem user "The user $BM_PARAM_USER may not create the database $bm_name, in which a restore prepares. GRANT ALL ON \`backstay\\_%\`.* TO it."
  done
  if [[ -n $BM_PARAM_DB ]]; then
    for bm_name in CREATE DROP ALTER INSERT; do
      bm_may "$bm_name" "$BM_PARAM_DB" || bm_problem user "The user $BM_PARAM_USER lacks $bm_name on $BM_PARAM_DB, so it may not replace it. Grant it, or use the owner."
    done
  fi
fi
