
bm_my_choose || bm_fail 'The client tools (mariadb-dump and mariadb, or mysqldump and mysql) are missing. Use an image that has them, or install mariadb-client.'
[[ ${BM_PARAM_PORT:-3306} =~ ^[0-9]{1,5}$ ]] || bm_fail 'The parameter port must be a number from 1 to 65535.'
export BM_MY BM_MY_DUMP
BM_MY_SERVER=$(bm_my_query 'SELECT VERSION()') ||
  bm_fail "The server $BM_PARAM_HOSTNAME:${BM_PARAM_PORT:-3306} cannot be reached as \"$BM_PARAM_USER\" (see the line above)."
bm_log "MySQL: server $BM_MY_SERVER, $("$BM_MY_DUMP" --version)"
