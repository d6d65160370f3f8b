
bm_problem() {
  printf '%s\t%s\n' "$1" "${2//[$'\t\r\n']/ }"
  exit 0
}

for bm_name in hostname port user password db tls caCertificate; do
  bm_expand_variable "BM_PARAM_${bm_name^^}" || bm_problem "$bm_name" "The value cannot be used: $BM_PROBLEM"
done
[[ -n $BM_PARAM_HOSTNAME ]] || bm_problem hostname 'Say where the server is, for example localhost.'
[[ ${BM_PARAM_PORT:-6379} =~ ^[0-9]{1,5}$ ]] || bm_problem port 'A number from 1 to 65535, usually 6379.'
[[ $BM_PARAM_DB =~ ^[0-9]{0,4}$ ]] || bm_problem db 'A number, such as 0, or nothing.'
bm_r_choose || bm_problem hostname 'The client redis-cli is missing where the job runs. Use an image that has it, or install redis-tools.'

bm_where="$BM_PARAM_HOSTNAME on port ${BM_PARAM_PORT:-6379}"
export -f bm_r bm_r_query
export BM_R_CLI
bm_info=$(timeout 5 bash -c 'bm_r_query INFO' 2>&1) && bm_status=0 || bm_status=$?
if [[ $bm_info != *redis_version:* ]]; then
  case $bm_info in
    *'Name or service not known'* | *'nodename nor servname'* | *'Temporary failure in name resolution'* | *'No address associated'*)
      bm_problem hostname "There is no host named $BM_PARAM_HOSTNAME. Check the spelling." ;;
    *'Connection refused'*) bm_problem port "Nothing listens at $bm_where. Is the server running, and is the port right?" ;;
    *'No such file'*) bm_problem hostname "There is no server socket at $BM_PARAM_HOSTNAME." ;;
    *'WRONGPASS'* | *'invalid password'* | *'invalid username-password'*) bm_problem password "The server refused ${BM_PARAM_USER:-this password}${BM_PARAM_USER:+ with this password}." ;;
    *'without any password configured'*) bm_problem password 'The server has no password. Leave this empty.' ;;
    *'NOAUTH'*) bm_problem password 'The server wants a password.' ;;
    *'NOPERM'*) bm_problem user "The user may not ask the server for INFO. Allow it +info." ;;
    *'certificate verify failed'*) bm_problem caCertificate 'The certificate of the server is not trusted. Give the certificate of the authority that signed it.' ;;
    *'SSL'* | *'TLS'*) bm_problem tls "The encrypted connection failed: ${bm_info%%$'\n'*}" ;;
    *'Connection reset'* | *'closed the connection'* | *'Server closed'*) bm_problem tls 'The server ended the connection. Does it want TLS, or no TLS?' ;;
    *) ((bm_status != 124)) || [[ $BM_PARAM_TLS != true ]] || bm_problem tls "$bm_where does not answer with TLS within 5 seconds. Check that it listens with TLS there, the address and the firewall."
      ((bm_status != 124)) || bm_problem hostname "$bm_where does not answer within 5 seconds. Check the address and the firewall."
      bm_problem hostname "The server cannot be used: ${bm_info:-no answer}" ;;
  esac
fi
[[ $(bm_r_info "$bm_info" cluster_enabled) != 1 ]] ||
  bm_problem hostname 'The server is a node of a Redis Cluster, of which one node has only a part of the keys. This procedure is for single servers and replicas.'

# A server before 7 cannot be asked, and a user may be kept from asking: then the job finds out.
bm_may() {
  [[ $(bm_r_query ACL DRYRUN "$bm_user" "$@" 2>&1) != *'no permissions'* ]] ||
    bm_problem user "The user $bm_user may not run $1, which this needs. Allow it with ACL SETUSER $bm_user +${1,,}."
}
bm_user=$(bm_r_query ACL WHOAMI 2>&1)
if [[ ${BM_OPERATION:-backup} == backup ]]; then
  bm_may SYNC
  bm_may REPLCONF capa eof
  exit 0
fi
[[ -n $BM_R_SERVER ]] || bm_problem hostname 'The program redis-server is missing where the job runs: a restore reads the backup with it. Use an image that has it, or install redis-server.'
bm_may RESTORE key 0 value
bm_may SWAPDB 0 1
bm_may FLUSHDB
[[ $(bm_r_info "$bm_info" role) == master ]] || bm_problem hostname 'The server is a replica. Restore into its master.'
bm_number() { sed -nE 's/^[^0-9]*([0-9]+)\.([0-9]+).*/\1 \2/p' <<<"$1"; }
read -r bm_major bm_minor <<<"$(bm_number "$(bm_r_info "$bm_info" redis_version)")"
read -r bm_own_major bm_own_minor <<<"$(bm_number "$("$BM_R_SERVER" --version | sed 's/.*v=//')")"
((bm_own_major * 100 + bm_own_minor <= bm_major * 100 + bm_minor)) ||
  bm_problem hostname "The server is Redis $bm_major.$bm_minor, but the job has $bm_own_major.$bm_own_minor, whose data it may not take. Use the image docker.io/library/redis:$bm_major.$bm_minor."
