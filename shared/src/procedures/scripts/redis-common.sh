
# Sets BM_R_CLI and, where there is one, BM_R_SERVER: the programs of Redis or Valkey.
bm_r_choose() {
  local name
  BM_R_CLI='' BM_R_SERVER=''
  for name in valkey redis; do
    if command -v "$name-cli" >/dev/null; then BM_R_CLI=$(command -v "$name-cli"); fi
    if command -v "$name-server" >/dev/null; then BM_R_SERVER=$(command -v "$name-server"); fi
  done
  [[ -n $BM_R_CLI ]]
}

# The client, at the server of the parameters. The password is in its environment: arguments can be seen by everybody on the
# machine.
bm_r() {
  local -a options=(--raw)
  local authority status=0
  if [[ $BM_PARAM_HOSTNAME == /* ]]; then
    options+=(-s "$BM_PARAM_HOSTNAME")
  else
    options+=(-h "$BM_PARAM_HOSTNAME" -p "${BM_PARAM_PORT:-6379}")
  fi
  if [[ $BM_PARAM_TLS == true ]]; then
    options+=(--tls)
    if [[ $BM_PARAM_HOSTNAME == *[a-zA-Z]* && $BM_PARAM_HOSTNAME != *:* ]]; then options+=(--sni "$BM_PARAM_HOSTNAME"); fi
    if [[ -n $BM_PARAM_CACERTIFICATE ]]; then 
      exec {authority}< <(printf '%s\n' "$BM_PARAM_CACERTIFICATE")
      options+=(--cacert "/dev/fd/$authority")
    fi
  fi
  if [[ -n $BM_PARAM_USER ]]; then options+=(--user "$BM_PARAM_USER"); fi
  if [[ -n $BM_PARAM_USER$BM_PARAM_PASSWORD ]]; then
    REDISCLI_AUTH=$BM_PARAM_PASSWORD "$BM_R_CLI" --no-auth-warning "${options[@]}" "$@" || status=$?
  else
    "$BM_R_CLI" "${options[@]}" "$@" || status=$?
  fi
  if [[ -n ${authority-} ]]; then exec {authority}<&-; fi
  return "$status"
}

bm_r_query() { bm_r "$@" </dev/null; }

# The member $2 of $1, which is what INFO says.
bm_r_info() { sed -n "s/^$2:\(.*\)\$/\1/p" <<<"${1//$'\r'/}"; }
