
bm_r_choose || bm_fail 'The client redis-cli is missing. Use an image that has it, or install redis-tools.'
[[ ${BM_PARAM_PORT:-6379} =~ ^[0-9]{1,5}$ ]] || bm_fail 'The parameter port must be a number from 1 to 65535.'
[[ $BM_PARAM_DB =~ ^[0-9]{0,4}$ ]] || bm_fail 'The parameter db must be a number, such as 0, or empty.'
export BM_R_CLI BM_R_SERVER BM_R_VERSION
bm_info=$(bm_r_query INFO 2>&1) || true
BM_R_VERSION=$(bm_r_info "$bm_info" redis_version)
[[ -n $BM_R_VERSION ]] || bm_fail "The server $BM_PARAM_HOSTNAME:${BM_PARAM_PORT:-6379} cannot be used: $bm_info"
[[ $(bm_r_info "$bm_info" cluster_enabled) != 1 ]] ||
  bm_fail 'The server is a node of a Redis Cluster, of which one node has only a part of the keys. This procedure is for single servers and replicas.'
bm_log "Redis: server $BM_R_VERSION, $("$BM_R_CLI" --version)"
